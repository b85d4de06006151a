using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Check;
using DmIo.Volumes.Writing;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Volumes.Tests.Model;

/// <summary>The state machines of the product against every order and every failure within bounds. With
/// <c>DMIO_LONG=1</c> the bounds of states are ten times as large.</summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("DMIO_LONG") == "1";

    private static readonly ModelOptions Witness = new()
    {
        Witnesses = 1,
        Writers = 2,
        StartsActive = true,
    };

    private static readonly ModelOptions Maps = new()
    {
        Witnesses = 1,
        StartsActive = true,
        SplitsVotes = false,
        Returns = true,
        Cools = true,
    };

    private static readonly Dictionary<string, (ModelOptions Options, long Limit, bool IsExhaustive)> Scenarios = new()
    {
        ["2 legs and a witness, 2 writers, 1 write"] = (Witness with { MaxRecords = 1 }, 100_000, true),
        ["2 legs and a witness, 2 writers, growth"] =
            (Witness with { InitialInSync = Leg0, Returns = true, MaxRecords = 2 }, 200_000, false),
        ["2 legs, in-sync rule, 2 writers, growth and loss"] = (
            Witness with { Witnesses = 0, Rule = QuorumRule.InSync, Returns = true, Losses = 1, MaxRecords = 3 },
            200_000, false),
        ["3 legs, 2 writers"] = (
            Witness with { Legs = 3, Witnesses = 0, MaxRecords = 2, Losses = 1 }, 100_000, false),
        ["2 legs and a witness, 2 writers, 2 writes, a suspension that expires"] = (
            Witness with { MaxRecords = 2, Writes = 2, Expiries = 1, Losses = 1 }, 150_000, false),
        ["3 legs, 2 in sync at least, a suspension that expires"] = (
            Maps with
            {
                Legs = 3,
                Witnesses = 0,
                Losses = 2,
                Expiries = 1,
                Flushes = 1,
                Policy = new WriterPolicy { MinInSync = 2 },
            },
            150_000, false),
        ["2 legs and a witness, 3 writers"] = (Witness with { Writers = 3, MaxRecords = 1 }, 150_000, false),
        ["2 legs and a witness, 2 writers, leases and a late release"] =
            (Witness with { MaxRecords = 1, Renewals = 2, Releases = 1, Ticks = 1 }, 100_000, false),
        ["2 legs and a witness, 2 writers, a late message"] =
            (Witness with { MaxRecords = 1, Delays = 1 }, 100_000, false),
        ["2 legs and a witness, 2 writers, maps and sessions"] =
            (Witness with { Cools = true, Returns = true, Sessions = 1, Losses = 1 }, 100_000, false),
        ["2 legs, a leg is added, 2 writers"] = (
            Witness with
            {
                Legs = 3,
                Witnesses = 0,
                Rule = QuorumRule.InSync,
                Outside = Leg2,
                Blank = Leg2,
                Changes = 1,
                Returns = true,
                Losses = 1,
            },
            150_000, false),
        ["3 legs, voters are removed, 2 writers"] =
            (Witness with { Legs = 3, Witnesses = 0, Changes = 2, Rule = QuorumRule.InSync }, 150_000, false),
        ["2 legs, a witness is added and removed, 2 writers"] = (
            Witness with { Outside = MemberSet.Of(2), Rule = QuorumRule.InSync, Changes = 2, Losses = 1 },
            150_000, false),
        ["maps: a leg is added, crash, cut"] = (
            Maps with
            {
                Legs = 3,
                Witnesses = 0,
                Outside = Leg2,
                Blank = Leg2,
                Changes = 1,
                Crashes = 1,
                Cuts = 1,
            },
            150_000, false),
        ["maps: crash, power, cut, flush"] =
            (Maps with { Crashes = 1, PowerLosses = 1, Cuts = 1, Flushes = 1 }, 150_000, false),
        ["maps: 2 crashes, 2 cuts"] = (Maps with { Crashes = 2, Cuts = 2 }, 150_000, false),
        ["maps: crash, power, flush that fails"] =
            (Maps with { Crashes = 1, PowerLosses = 1, Flushes = 1, FlushFailures = 1 }, 150_000, false),
        ["maps: 2 blocks of one extent, crash, cut"] =
            (Maps with { Blocks = 2, Crashes = 1, Cuts = 1 }, 150_000, false),
        ["maps: 2 extents, crash, cut"] =
            (Maps with { Blocks = 2, HasExtentPerBlock = true, Crashes = 1, Cuts = 1 }, 150_000, false),
        ["maps: a blank leg, crash, power"] = (
            Maps with { InitialInSync = Leg0, Blank = Leg1, SplitsMaps = true, Crashes = 1, PowerLosses = 1 },
            150_000, false),
        ["the size grows, 2 writers"] =
            (Witness with { Blocks = 2, Grows = true, MaxRecords = 2, Losses = 1 }, 150_000, false),
        ["the size grows, 2 legs, in-sync rule, 2 writers"] = (
            Witness with
            {
                Witnesses = 0,
                Rule = QuorumRule.InSync,
                Blocks = 2,
                Grows = true,
                Returns = true,
                MaxRecords = 3,
                Losses = 1,
            },
            150_000, false),
        ["maps: the size grows, a leg outside, crash, cut"] = (
            Maps with { Blocks = 2, Grows = true, InitialInSync = Leg0, Crashes = 1, Cuts = 1 }, 150_000, false),
        ["maps: the size grows, crash, power, cut"] = (
            Maps with { Blocks = 2, Grows = true, Crashes = 1, PowerLosses = 1, Cuts = 1 }, 150_000, false),
        ["maps: the size grows by an extent, crash, loss"] = (
            Maps with { Blocks = 2, HasExtentPerBlock = true, Grows = true, Crashes = 1, Losses = 1 }, 150_000, false),
        ["maps: 3 legs, 1 in sync, crash, cut"] =
            (Maps with { Legs = 3, Witnesses = 0, InitialInSync = Leg0, Crashes = 1, Cuts = 1 }, 150_000, false),
    };

    public static TheoryData<string> ScenarioNames => [.. Scenarios.Keys];

    public static TheoryData<string> ShortcutNames => [.. ShortcutCases.All.Keys];

    private static MemberSet Leg0 => MemberSet.Of(0);

    private static MemberSet Leg1 => MemberSet.Of(1);

    private static MemberSet Leg2 => MemberSet.Of(2);

    [Theory]
    [MemberData(nameof(ScenarioNames))]
    public void No_order_of_events_loses_data(string scenario)
    {
        var (options, limit, isExhaustive) = Scenarios[scenario];
        var result = Search(options, IsLong ? limit * 10 : limit);
        Assert.Null(result.Violation);
        Assert.True(result.IsExhaustive || !isExhaustive);
    }

    [Theory]
    [MemberData(nameof(ShortcutNames))]
    public void A_search_finds_the_loss_of_data_by_a_shortcut(string shortcut) =>
        Assert.NotNull(Search(ShortcutCases.All[shortcut], 300_000).Violation);

    private ExplorerResult Search(ModelOptions options, long limit)
    {
        var explorer = new Explorer<VolumeWorld>(VolumeWorld.Of(options)) { StateLimit = limit };
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var result = explorer.Search();
        output.WriteLine($"{result} in {watch.Elapsed.TotalSeconds:F1} s");
        return result;
    }
}

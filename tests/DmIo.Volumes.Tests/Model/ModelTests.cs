using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Check;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Volumes.Tests.Model;

/// <summary>The state machines of the product against every order and every failure within bounds.</summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    private static readonly ModelOptions Witness = new()
    {
        Legs = 2,
        Witnesses = 1,
        Writers = 2,
        Losses = 1,
        Returns = true,
        MaxRecords = 3,
        StartsActive = true,
    };

    private static readonly ModelOptions Maps = new()
    {
        Legs = 2,
        Returns = true,
        Cools = true,
        SplitsMaps = true,
        SplitsAttach = true,
    };

    [Theory]
    [InlineData("2 legs, witness, 2 writers")]
    [InlineData("2 legs, 2 writers, in-sync rule")]
    [InlineData("maps: crash, power, cut, flush")]
    [InlineData("maps: 2 crashes, 2 cuts")]
    public void No_order_of_events_loses_data(string scenario)
    {
        var options = scenario switch
        {
            "2 legs, witness, 2 writers" => Witness,
            "2 legs, 2 writers, in-sync rule" => Witness with { Witnesses = 0, Rule = QuorumRule.InSync },
            "maps: crash, power, cut, flush" => Maps with { Crashes = 1, PowerLosses = 1, Cuts = 1, Flushes = 1 },
            "maps: 2 crashes, 2 cuts" => Maps with { Crashes = 2, Cuts = 2 },
            _ => throw new ArgumentOutOfRangeException(nameof(scenario), scenario, null),
        };
        Assert.Null(Search(options, 300_000).Violation);
    }

    public static TheoryData<string> Shortcuts => [.. Cases.Keys];

    private static readonly Dictionary<string, ModelOptions> Cases = new(StringComparer.Ordinal)
    {
        ["a promise does not drain"] = Witness with { Drain = ModelDrain.Lie },
        ["any leg may be the source"] = Witness with { WriterRules = new Shortcuts.AnyLegIsSource() },
        ["nothing is resolved"] = Witness with { WriterRules = new Shortcuts.NoResolve() },
        ["a write is acknowledged before the record"] = Witness with { WriterRules = new Shortcuts.AcknowledgmentBeforeRecord() },
        ["a leg that returns is not in A"] = Witness with { WriterRules = new Shortcuts.GrowthOutsideA() },
        ["a minority chooses a record"] = Witness with { WriterRules = new Shortcuts.MinorityRecord() },
        ["a leg returns without a copy"] = Witness with { WriterRules = new Shortcuts.UncopiedGrowth() },
        ["a read passes a write"] = Witness with { ReadsDuringWrites = true },
        ["no lease"] = Witness with { Renewals = 1, Ticks = 1, VoterRules = new Shortcuts.NoLease() },
    };

    [Theory]
    [MemberData(nameof(Shortcuts))]
    public void A_shortcut_is_caught(string shortcut)
    {
        var result = Search(Cases[shortcut], 1_000_000);
        Assert.NotNull(result.Violation);
    }

    private ExplorerResult Search(ModelOptions options, long limit)
    {
        var explorer = new Explorer<VolumeWorld>(VolumeWorld.Of(options)) { StateLimit = limit };
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var result = explorer.Search();
        output.WriteLine($"{result} in {watch.Elapsed.TotalSeconds:F1} s");
        return result;
    }
}

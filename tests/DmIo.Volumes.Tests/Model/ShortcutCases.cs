using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Model;

/// <summary>For each shortcut, small bounds within which it loses data.</summary>
internal static class ShortcutCases
{
    private static readonly MemberSet Leg0 = MemberSet.Of(0);
    private static readonly MemberSet Leg1 = MemberSet.Of(1);

    private static readonly ModelOptions Witness = new()
    {
        Witnesses = 1,
        Writers = 2,
        StartsActive = true,
        MaxRecords = 1,
    };

    private static readonly ModelOptions Maps = new()
    {
        Witnesses = 1,
        StartsActive = true,
        SplitsVotes = false,
        Crashes = 1,
    };

    private static readonly ModelOptions Return = Maps with { InitialInSync = Leg0, Blank = Leg1, Returns = true };

    private static readonly ModelOptions Growth = Maps with { Blocks = 2, Grows = true, Writes = 0 };

    internal static Dictionary<string, ModelOptions> All { get; } = new()
    {
        ["a promise does not drain"] = Witness with { Drain = ModelDrain.Lie },
        ["any leg is a source"] =
            Witness with { MaxRecords = 2, WriterRules = new Shortcuts.AnyLegIsSource() },
        ["nothing is resolved"] = Witness with { WriterRules = new Shortcuts.NoResolve() },
        ["a write is acknowledged before the record"] =
            Witness with { MaxRecords = 2, WriterRules = new Shortcuts.AcknowledgmentBeforeRecord() },
        ["no lease"] = Witness with { Renewals = 1, Ticks = 1, VoterRules = new Shortcuts.NoLease() },
        ["a minority chooses a record"] = Witness with { WriterRules = new Shortcuts.MinorityRecord() },
        ["a leg returns without a copy"] =
            Return with { Crashes = 0, WriterRules = new Shortcuts.UncopiedGrowth() },
        ["a read passes a write"] = Witness with { ReadsDuringWrites = true },
        ["VR5: two attempts have the same Guid"] = Witness with { StartsActive = false, SharesGuid = true },
        ["VR6: a volume grows before its zeroes are durable"] = Growth with
        {
            PowerLosses = 1,
            Returns = true,
            WriterRules = new Shortcuts.GrowthBeforeFlush(),
        },
        ["VR6: a leg outside S does not miss the new area"] = Growth with
        {
            InitialInSync = Leg0,
            Returns = true,
            Crashes = 0,
            WriterRules = new Shortcuts.GrowthNotMissed(),
        },
        ["VR6: a volume grows before it is durable what a leg outside S misses"] = Growth with
        {
            InitialInSync = Leg0,
            Returns = true,
            WriterRules = new Shortcuts.GrowthBeforeMissedIsDurable(),
        },
        ["VR9: a restarted voter does not wait for the old process"] =
            Maps with { SplitsVotes = true, MaxRecords = 1, Restarts = 1, TrustsRestart = true },
        ["VM3: a leg is changed before what it misses is durable"] = Return with
        {
            Writes = 0,
            SplitsMaps = true,
            WriterRules = new Shortcuts.CopyBeforeMissedIsDurable(),
        },
        ["VM4: an extent with an unresolved region cools"] =
            Maps with { Crashes = 2, Cools = true, WriterRules = new Shortcuts.UnresolvedExtentCools() },
        ["VM5: an unresolved region is copied as it is, and resolved inside S only"] = Maps with
        {
            Legs = 3,
            Witnesses = 0,
            Losses = 1,
            Returns = true,
            WriterRules = new Shortcuts.ResolveInsideS(),
        },
        ["VM7: only S holds the missed maps"] = Return with
        {
            Legs = 3,
            Witnesses = 0,
            Writes = 0,
            Cuts = 1,
            WriterRules = new Shortcuts.MapsOnSOnly(),
        },
        ["VM8: a failed flush does not end the continuity"] = Maps with
        {
            MaxRecords = 1,
            Flushes = 1,
            FlushFailures = 1,
            VoterRules = new Shortcuts.ContinuityAfterFailure(),
        },
        ["VM9: an attachment takes any incarnation"] =
            Maps with { SplitsAttach = true, PowerLosses = 1, VoterRules = new Shortcuts.AnyIncarnation() },
        ["VM10: a take-over does not wait for a leg that may be continuous"] =
            Maps with { PowerLosses = 1, Cuts = 1, WriterRules = new Shortcuts.NoWaitForPower() },
        ["a read does not wait for a write that was answered in doubt"] =
            Witness with { Expiries = 1, Losses = 1, WriterRules = new Shortcuts.DoubtIsNotWaitedFor() },
        ["a write is acknowledged with too few legs in sync"] = Maps with
        {
            Legs = 3,
            Witnesses = 0,
            Crashes = 0,
            Losses = 2,
            Policy = new WriterPolicy { MinInSync = 2 },
            WriterRules = new Shortcuts.TooFewLegsAcknowledge(),
        },
        ["a write follows a clean record that was replaced, but not by a chosen one"] = Maps with
        {
            Crashes = 0,
            SplitsVotes = true,
            Losses = 1,
            Cools = true,
            WriterRules = new Shortcuts.LatestCleanOnly(),
        },
    };
}

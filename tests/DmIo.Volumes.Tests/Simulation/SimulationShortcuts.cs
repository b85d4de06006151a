using DmIo.Volumes.Tests.Model;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>Plausible shortcuts, as options of a simulation.</summary>
internal static class SimulationShortcuts
{
    internal static Dictionary<string, Func<SimulationOptions, SimulationOptions>> All { get; } = new()
    {
        ["any leg is a source"] = all => all with { WriterRules = new Shortcuts.AnyLegIsSource() },
        ["a leg that is not drained is a source"] =
            all => all with { WriterRules = new Shortcuts.UndrainedLegIsSource() },
        ["nothing is resolved"] = all => all with { WriterRules = new Shortcuts.NoResolve() },
        ["a write is acknowledged before the record"] =
            all => all with { WriterRules = new Shortcuts.AcknowledgmentBeforeRecord() },
        ["a leg that joins is outside A"] = all => all with { WriterRules = new Shortcuts.GrowthOutsideA() },
        ["only the latest proposal is in A"] = all => all with { WriterRules = new Shortcuts.LatestProposalOnly() },
        ["a minority chooses a record"] = all => all with { WriterRules = new Shortcuts.MinorityRecord() },
        ["a leg returns without a copy"] = all => all with { WriterRules = new Shortcuts.UncopiedGrowth() },
        ["a leg returns without a wait for its writes"] =
            all => all with { WriterRules = new Shortcuts.GrowthWithoutBarrier() },
        ["a write follows a clean record that was replaced"] =
            all => all with { WriterRules = new Shortcuts.LatestCleanOnly() },
        ["VM1: a lost leg does not miss what is unresolved"] =
            all => all with { WriterRules = new Shortcuts.LossWithoutUnresolved() },
        ["VM2: cooling does not flush legs that return"] =
            all => all with { WriterRules = new Shortcuts.CoolingWithoutSyncing() },
        ["VM3: a leg is changed before what it misses is durable"] =
            all => all with { WriterRules = new Shortcuts.CopyBeforeMissedIsDurable() },
        ["VM4: an extent with an unresolved region cools"] =
            all => all with { WriterRules = new Shortcuts.UnresolvedExtentCools() },
        ["VM5: a region is resolved inside S only"] = all => all with { WriterRules = new Shortcuts.ResolveInsideS() },
        ["VM6: a resolving copy is not marked"] = all => all with { WriterRules = new Shortcuts.UnmarkedResolve() },
        ["VM7: only S holds the missed maps"] = all => all with { WriterRules = new Shortcuts.MapsOnSOnly() },
        ["VM8: a failed flush does not end the continuity"] =
            all => all with { VoterRules = new Shortcuts.ContinuityAfterFailure() },
        ["VM9: an attachment takes any incarnation"] = all => all with { VoterRules = new Shortcuts.AnyIncarnation() },
        ["VM10: a take-over does not wait for a leg that may be continuous"] =
            all => all with { WriterRules = new Shortcuts.NoWaitForPower() },
        ["VM11: a power failure is not recorded"] =
            all => all with { WriterRules = new Shortcuts.UnrecordedPowerLoss() },
        ["VM12: a leg is used before its removal is chosen"] =
            all => all with { WriterRules = new Shortcuts.FailedLegIsUsed() },
        ["no lease"] = all => all with { VoterRules = new Shortcuts.NoLease() },
        ["VR1: a late release ends a newer lease"] =
            all => all with { VoterRules = new Shortcuts.ReleaseEndsAnyLease() },
        ["a promise does not fence"] = all => all with { VoterRules = new Shortcuts.NoFenceBeforePromise() },
        ["an accepted record does not fence"] = all => all with { VoterRules = new Shortcuts.NoFenceBeforeAccept() },
        ["a lower epoch is promised"] = all => all with { VoterRules = new Shortcuts.LowerPromise() },
        ["VR3: a member says that it is drained, and is not"] = all => all with { LiesAboutDrain = true },
        ["VR5: two attempts have the same Guid"] = all => all with { SharesGuid = true },
        ["VR9: a restarted voter does not wait for the old process"] = all => all with { TrustsRestart = true },
        ["a read passes a write"] = all => all with { ReadsPassWrites = true },
        ["the maps of a blank leg are not read"] = all => all with { SkipsBlankMaps = true },
        ["writes are repeated after another writer served"] = all => all with { RepeatsReplacedWrites = true },
        ["a writer that was replaced learns results"] = all => all with { TellsReplacedWriters = true },
        ["a failed flush is forgotten with the process"] = all => all with { ForgetsFailures = true },
    };

    /// <summary>The first seed with which a run goes wrong; null: none up to a limit.</summary>
    internal static (int Seed, SimulationResult Result)? Search(
        Func<SimulationOptions, SimulationOptions> shortcut, int seeds, int steps)
    {
        for (var seed = 1; seed <= seeds; seed++)
        {
            var result = SimulationRun.Run(shortcut(SimulationOptions.Draw(seed)), steps);
            if (result.Violation is not null)
            {
                return (seed, result);
            }
        }

        return null;
    }
}

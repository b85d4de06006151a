using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Voters;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Tests.Model;

/// <summary>Plausible shortcuts, each of which loses data.</summary>
internal static class Shortcuts
{
    internal sealed class AnyLegIsSource : WriterRules
    {
        internal override MemberSet Candidates(VolumeRecord newest, MemberSet promised, MemberSet drained) =>
            newest.Configuration.Legs & promised & drained;
    }

    internal sealed class UndrainedLegIsSource : WriterRules
    {
        internal override MemberSet Candidates(VolumeRecord newest, MemberSet promised, MemberSet drained) =>
            newest.InSync & promised;
    }

    internal sealed class NoResolve : WriterRules
    {
        internal override bool ResolvesActiveExtents => false;
    }

    internal sealed class AcknowledgmentBeforeRecord : WriterRules
    {
        internal override MemberSet AcknowledgmentSet(
            MemberSet inSync, MemberSet latestProposal, MemberSet proposedSince, MemberSet joined, MemberSet failed) =>
            (inSync | proposedSince | joined) - failed;
    }

    internal sealed class GrowthOutsideA : WriterRules
    {
        internal override MemberSet AcknowledgmentSet(
            MemberSet inSync, MemberSet latestProposal, MemberSet proposedSince, MemberSet joined, MemberSet failed) =>
            inSync;
    }

    internal sealed class LatestProposalOnly : WriterRules
    {
        internal override MemberSet AcknowledgmentSet(
            MemberSet inSync, MemberSet latestProposal, MemberSet proposedSince, MemberSet joined, MemberSet failed) =>
            inSync | latestProposal;
    }

    internal sealed class MinorityRecord : WriterRules
    {
        internal override bool IsChosen(VolumeRecord record, MemberSet before, MemberSet accepted) => !accepted.IsEmpty;

        internal override bool MayTakeOver(VolumeRecord newest, MemberSet promised) => !promised.IsEmpty;
    }

    internal sealed class UncopiedGrowth : WriterRules
    {
        internal override bool MayJoin(RegionSet missed) => true;
    }

    internal sealed class GrowthWithoutBarrier : WriterRules
    {
        internal override bool GrowthWaitsForWrites => false;
    }

    internal sealed class LatestCleanOnly : WriterRules
    {
        internal override bool HoldsWrites(VolumeRecord chosen, VolumeRecord? proposed, bool mayBeClean) =>
            chosen.IsClean || proposed is { IsClean: true };
    }

    internal sealed class LossWithoutUnresolved : WriterRules
    {
        internal override bool LostLegMissesUnresolved => false;

        internal override bool ResolveIsMissedElsewhere => false;
    }

    internal sealed class CoolingWithoutSyncing : WriterRules
    {
        internal override bool MissesUnflushed => false;

        internal override MemberSet CoolingFlush(MemberSet acknowledgment, MemberSet syncing) => acknowledgment;
    }

    internal sealed class CopyBeforeMissedIsDurable : WriterRules
    {
        internal override bool MissedIsDurableBeforeCopy => false;
    }

    internal sealed class UnresolvedExtentCools : WriterRules
    {
        internal override bool KeepsUnresolvedActive => false;
    }

    internal sealed class ResolveInsideS : WriterRules
    {
        internal override bool ResolvesBeforeCopy => false;

        internal override MemberSet ResolveTargets(MemberSet targets, MemberSet takenOver, MemberSet inSync) =>
            targets & takenOver & inSync;
    }

    internal sealed class UnmarkedResolve : WriterRules
    {
        internal override bool MarksResolve => false;
    }

    internal sealed class MapsOnSOnly : WriterRules
    {
        internal override MemberSet MapHolders(MemberSet inSync, MemberSet acknowledgment, MemberSet syncing) => inSync;
    }

    internal sealed class NoWaitForPower : WriterRules
    {
        internal override bool WaitsForPower(VolumeRecord newest, MemberSet usable) => false;
    }

    internal sealed class UnrecordedPowerLoss : WriterRules
    {
        internal override bool RecordsPowerLoss => false;
    }

    internal sealed class DoubtIsNotWaitedFor : WriterRules
    {
        internal override bool WaitsForDoubt => false;
    }

    internal sealed class TooFewLegsAcknowledge : WriterRules
    {
        internal override bool HasEnoughLegs(int live, int least) => true;
    }

    internal sealed class GrowthBeforeFlush : WriterRules
    {
        internal override bool GrowthFlushesZeroes => false;
    }

    internal sealed class GrowthNotMissed : WriterRules
    {
        internal override bool LegsOutsideMissGrowth => false;
    }

    internal sealed class GrowthBeforeMissedIsDurable : WriterRules
    {
        internal override bool GrowthStoresMissed => false;
    }

    internal sealed class FailedLegIsUsed : WriterRules
    {
        internal override bool MayUse(int leg, MemberSet inSync, MemberSet failed) => true;
    }

    internal sealed class NoLease : VoterRules
    {
        internal override bool LeaseRefuses(Guid holder, Guid owner) => false;
    }

    internal sealed class ReleaseEndsAnyLease : VoterRules
    {
        internal override bool EndsLease(ulong released, ulong leased) => true;
    }

    internal sealed class NoFenceBeforePromise : VoterRules
    {
        internal override bool FencesBeforePromise => false;
    }

    internal sealed class NoFenceBeforeAccept : VoterRules
    {
        internal override bool FencesBeforeAccept => false;
    }

    internal sealed class LowerPromise : VoterRules
    {
        internal override bool MayPromise(Epoch asked, Epoch promised) => true;
    }

    internal sealed class ContinuityAfterFailure : VoterRules
    {
        internal override bool EndsContinuityOnFailure => false;
    }

    internal sealed class AnyIncarnation : VoterRules
    {
        internal override bool ChecksIncarnation => false;
    }
}

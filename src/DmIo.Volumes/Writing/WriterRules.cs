using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>The decisions of a writer on which the safety of a volume rests, each in a method of its own. The check of
/// the protocol shows for each of them that a plausible shortcut loses data.</summary>
internal class WriterRules
{
    /// <summary>A record is chosen when the voters of its configuration have accepted it; while voters are changed,
    /// those of the old and those of the new one.</summary>
    /// <param name="record">The record.</param>
    /// <param name="before">The in-sync set that was chosen before; empty: the first record of an epoch.</param>
    /// <param name="accepted">The voters that have accepted it.</param>
    internal virtual bool IsChosen(VolumeRecord record, MemberSet before, MemberSet accepted)
    {
        return IsChosenBy(record.Configuration.Old) && IsChosenBy(record.Configuration.New);

        bool IsChosenBy(MemberSet half)
        {
            if (record.Configuration.RuleOf(half) == QuorumRule.Majority)
            {
                return IsMajority(half, accepted);
            }

            var inSync = record.InSync & half;
            return inSync.IsSubsetOf(accepted) && (inSync.IsSubsetOf(before) || (before & half).IsSubsetOf(accepted));
        }
    }

    /// <summary>A take-over has the promises that it needs.</summary>
    /// <param name="newest">The newest record that was seen.</param>
    /// <param name="promised">The voters that have promised.</param>
    internal virtual bool MayTakeOver(VolumeRecord newest, MemberSet promised) => HasQuorum(newest, promised);

    /// <summary>Reads are allowed: no other writer can have chosen a record meanwhile.</summary>
    internal virtual bool IsLeased(VolumeRecord record, MemberSet leased) => HasQuorum(record, leased);

    /// <summary>The legs from which a take-over may choose its in-sync set: never others. VR3: not a leg that is not
    /// drained; its grant would wait for the drain as well.</summary>
    internal virtual MemberSet Candidates(VolumeRecord newest, MemberSet promised, MemberSet drained) =>
        newest.InSync & promised & drained;

    /// <summary>VM10: while no leg is continuous, a leg of S that has not answered, or is not drained, may be the one
    /// that holds what was flushed.</summary>
    internal virtual bool WaitsForPower(VolumeRecord newest, MemberSet usable) =>
        !newest.InSync.IsSubsetOf(usable);

    /// <summary>VM11: a power failure of the whole volume is kept in the record until a flush has reported
    /// it.</summary>
    internal virtual bool RecordsPowerLoss => true;

    /// <summary>The regions that may differ inside S after a take-over: the active extents of its legs.</summary>
    internal virtual bool ResolvesActiveExtents => true;

    /// <summary>The legs on which a write is done before it is acknowledged: S, every set proposed since S was chosen,
    /// and every leg that joined for its return to S.</summary>
    internal virtual MemberSet AcknowledgmentSet(
        MemberSet inSync, MemberSet latestProposal, MemberSet proposedSince, MemberSet joined, MemberSet failed) =>
        inSync | proposedSince | joined;

    /// <summary>VM1: a lost leg misses what was in flight, what was not flushed, and U.</summary>
    internal virtual bool LostLegMissesUnresolved => true;

    /// <summary>VM1: a leg that a resolving copy does not reach misses its regions. This and
    /// <see cref="LostLegMissesUnresolved"/> cover the same hole; without both, data is lost.</summary>
    internal virtual bool ResolveIsMissedElsewhere => true;

    /// <summary>VM2: cooling flushes the acknowledgment set and every leg that is being synchronized.</summary>
    internal virtual MemberSet CoolingFlush(MemberSet acknowledgment, MemberSet syncing) => acknowledgment | syncing;

    /// <summary>VM2: on disk, a leg outside S misses what was written to it and not flushed there.</summary>
    internal virtual bool MissesUnflushed => true;

    /// <summary>VM3: what is to be copied to a leg is durable on S before the leg is changed.</summary>
    internal virtual bool MissedIsDurableBeforeCopy => true;

    /// <summary>VM4: an extent with an unresolved region stays active.</summary>
    internal virtual bool KeepsUnresolvedActive => true;

    /// <summary>VM5: an unresolved region is copied to every other leg of the acknowledgment set and to every leg that
    /// is being synchronized.</summary>
    internal virtual MemberSet ResolveTargets(MemberSet targets, MemberSet takenOver, MemberSet inSync) => targets;

    /// <summary>VM5: an unresolved region is resolved before it is copied to a leg that returns.</summary>
    internal virtual bool ResolvesBeforeCopy => true;

    /// <summary>VM6: a resolving copy is a write: its extent is active on each target first.</summary>
    internal virtual bool MarksResolve => true;

    /// <summary>VM7: the holders of missed maps: S, every leg that may become part of S, and every leg to which the
    /// maps were sent, also if that write is still in flight.</summary>
    internal virtual MemberSet MapHolders(MemberSet inSync, MemberSet acknowledgment, MemberSet syncing) =>
        inSync | acknowledgment | syncing;

    /// <summary>VM12: a leg whose removal was proposed is not used again before a record without it is chosen. A leg
    /// also joins only when no removal is due; each of the two suffices within the bounds of the check.</summary>
    internal virtual bool MayUse(int leg, MemberSet inSync, MemberSet failed) => !inSync[leg] && !failed[leg];

    /// <summary>A leg may return to S: every region that it missed was copied, and every write that was sent to it is
    /// done.</summary>
    internal virtual bool MayJoin(RegionSet missed) => missed.IsEmpty;

    /// <summary>A write waits from the proposal of a clean record on until a later record, which is not clean, is
    /// chosen; the latest proposal alone does not tell, because the removal of a leg replaces it.</summary>
    internal virtual bool HoldsWrites(VolumeRecord chosen, VolumeRecord? proposed, bool mayBeClean) => mayBeClean;

    /// <summary>An operation waits for a write that was answered in doubt and has not ended: it may still be done on
    /// some legs only.</summary>
    internal virtual bool WaitsForDoubt => true;

    /// <summary>A write is acknowledged only while enough legs are in sync.</summary>
    internal virtual bool HasEnoughLegs(int live, int least) => live >= least;

    /// <summary>The growth of S waits for every write that was sent to the leg before. A write ends only when every leg
    /// to which it was sent has answered or is lost, also a leg that is being synchronized; therefore the check does
    /// not find a loss without this rule. It is needed as soon as slow legs outside A are not waited for.</summary>
    internal virtual bool GrowthWaitsForWrites => true;

    /// <summary>VR6: the zeroes of a new area are durable on S before the larger size is proposed.</summary>
    internal virtual bool GrowthFlushesZeroes => true;

    /// <summary>VR6: every leg outside S misses the new area.</summary>
    internal virtual bool LegsOutsideMissGrowth => true;

    /// <summary>VR6: what legs outside S miss of the new area is durable before the larger size is proposed.</summary>
    internal virtual bool GrowthStoresMissed => true;

    private static bool HasQuorum(VolumeRecord record, MemberSet voters)
    {
        return HasQuorumOf(record.Configuration.Old) && HasQuorumOf(record.Configuration.New);

        bool HasQuorumOf(MemberSet half) => record.Configuration.RuleOf(half) == QuorumRule.Majority
            ? IsMajority(half, voters)
            : (record.InSync & half).IsSubsetOf(voters);
    }

    private static bool IsMajority(MemberSet half, MemberSet voters) => (half & voters).Count > half.Count / 2;
}

using Akka.Actor;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>
/// Judges the legs of an open volume, several times a second, on the volume's turn: which are slow, which hang, which
/// fail too many reads, and when an absent one is attached again. A leg hangs when the volume waits for it, also if the
/// leg is not in sync, lost already, or removed.
/// </summary>
internal sealed class LegWatch(VolumeOpening opening)
{
    private const int MaxRepairs = 20;
    private static readonly TimeSpan RepairPeriod = TimeSpan.FromHours(1);
    private static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly Leg[] legs = [.. Enumerable.Range(0, VolumeConfiguration.MaxLegs).Select(_ => new Leg())];

    internal void Tick(VolumeDevice volume)
    {
        var (state, lease, now) = (volume.Writer.State, volume.Writer.Lease, volume.Now);
        var (slow, targets, timeout) = (MemberSet.None, state.Targets, opening.Watch.Timeout);
        opening.ConfirmRoom(volume);
        volume.Truncated.Watch(volume);
        for (var member = 0; member < legs.Length; member++)
        {
            var age = volume.Has(member) ? AgeOf(volume.LegOf(member), targets[member]) : TimeSpan.Zero;
            if (age > timeout)
            {
                GiveUp(volume, member, $"no answer for {timeout.TotalSeconds} s");
            }
            else if (FailsReads(member, state, now))
            {
                GiveUp(volume, member, $"more than {MaxRepairs} failed reads in an hour");
            }
            else if (age > SlowAfter && targets[member])
            {
                slow = slow.With(member);
            }
        }

        if (slow != lease.Slow)
        {
            lease.Slow = slow;
            volume.Owner.Tell(VolumeActor.StateChanged.Instance, ActorRefs.NoSender);
        }

        foreach (var member in state.Chosen.Configuration.Legs)
        {
            if (legs[member].IsStuck(state.Legs[member].Phase, now, timeout))
            {
                volume.Causes.Note(member, $"not attached within {timeout.TotalSeconds} s");
                volume.Writer.LegLost(member, now);
            }
            else if (volume.Has(member) && legs[member].MayReturn(state.Legs[member].Phase, now))
            {
                volume.Writer.Return(member, now);
            }
        }
    }

    /// <summary>The age of the oldest operation in flight on the leg's devices, while the volume waits for the leg;
    /// otherwise zero. Nothing waits for the reports of failures once the leg is lost.</summary>
    private TimeSpan AgeOf(VolumeLeg leg, bool isTarget) => leg.IsBusy || (isTarget && leg.Failures > 0)
        ? opening.Watch.AgeOf(leg.Store.Devices)
        : TimeSpan.Zero;

    /// <summary>Waits no longer for a leg. While failures of the leg are not reported, it is not lost: they are
    /// reported when its superblock was written, or when its voter, whose write was given up, has stopped
    /// (VM8).</summary>
    private static void GiveUp(VolumeDevice volume, int member, string cause)
    {
        volume.Causes.Note(member, cause);
        volume.GiveUp(member);
        if (volume.LegOf(member).Failures == 0)
        {
            volume.Writer.LegLost(member, volume.Now);
        }
    }

    /// <summary>A leg that needed too many repairs leaves S, if another one is left.</summary>
    private bool FailsReads(int member, WriterState state, TimeSpan now)
    {
        var (leg, corrected) = (legs[member], state.Legs[member].CorrectedReads);
        if (now - leg.PeriodStart > RepairPeriod || corrected < leg.CorrectedBefore)
        {
            (leg.PeriodStart, leg.CorrectedBefore) = (now, corrected);
        }

        return corrected - leg.CorrectedBefore > MaxRepairs && state.Live.Count > 1 && state.Live[member];
    }

    /// <summary>What is known about one leg.</summary>
    private sealed class Leg
    {
        private LegPhase before;
        private int losses;
        private TimeSpan pausesUntil;
        private TimeSpan? attachingSince;

        /// <summary>When the counting of repairs began.</summary>
        internal TimeSpan PeriodStart { get; set; }

        /// <summary>The repairs before that.</summary>
        internal long CorrectedBefore { get; set; }

        /// <summary>The voter of the leg does not answer while the leg is being attached.</summary>
        internal bool IsStuck(LegPhase phase, TimeSpan now, TimeSpan timeout)
        {
            if (phase is not (LegPhase.Attaching or LegPhase.Marking))
            {
                attachingSince = null;
                return false;
            }

            attachingSince ??= now;
            return now - attachingSince > timeout;
        }

        /// <summary>Each loss doubles the pause, until the leg is in sync again: a leg that is lost again and again
        /// does not restart its synchronization all the time.</summary>
        internal bool MayReturn(LegPhase phase, TimeSpan now)
        {
            losses = phase == LegPhase.InSync ? 0 : losses;
            if (phase == LegPhase.Absent && before != LegPhase.Absent)
            {
                var pause = ShortestPause * Math.Pow(2, losses++);
                pausesUntil = now + (pause < LongestPause ? pause : LongestPause);
            }

            before = phase;
            return phase == LegPhase.Absent && now >= pausesUntil;
        }
    }
}

using Akka.Actor;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;

namespace DmIo.Volumes.Actors;

/// <summary>
/// Judges the legs of an open volume, several times a second, on the volume's turn: which are slow, which hang, which
/// fail too many reads, and when an absent one is attached again.
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
        var slow = MemberSet.None;
        opening.ConfirmRoom(volume);
        volume.Truncated.Watch(volume);
        foreach (var member in state.Targets)
        {
            var age = opening.AgeOf(volume.LegOf(member));
            if (age > opening.LegTimeout)
            {
                volume.GiveUp(member, $"no answer for {opening.LegTimeout.TotalSeconds} s");
            }
            else if (FailsReads(member, state, now))
            {
                volume.GiveUp(member, $"more than {MaxRepairs} failed reads in an hour");
            }
            else if (age > SlowAfter)
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
            if (legs[member].IsStuck(state.Legs[member].Phase, now, opening.LegTimeout))
            {
                volume.Causes.Note(member, $"not attached within {opening.LegTimeout.TotalSeconds} s");
                volume.Writer.LegLost(member, now);
            }
            else if (volume.Has(member) && legs[member].MayReturn(state.Legs[member].Phase, now))
            {
                volume.Writer.Return(member, now);
            }
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

        /// <summary>The leg does not answer while it is being attached: its voter or its device hangs.</summary>
        internal bool IsStuck(LegPhase phase, TimeSpan now, TimeSpan timeout)
        {
            if (phase is not (LegPhase.Attaching or LegPhase.ReadingMaps or LegPhase.Marking))
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

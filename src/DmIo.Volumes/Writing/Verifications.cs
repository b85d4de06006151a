using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>
/// The comparisons of the legs of S (scrub), one region each, which is locked until its comparison ends.
/// <code>
///   locked --no write in flight--> hashing --every leg--> ended: equal, skipped, or different
/// </code>
/// VR7: a leg that differs from most legs of S is never written in place, because a crash in the middle could leave it
/// as the only source. It leaves S by a record and returns by a copy of what differs, in this order:
/// <list type="number">
/// <item><see cref="RemoveDiffering"/>: until then, further regions of the leg are compared, and share the
/// record.</item>
/// <item>The regions are durable in the missed maps of all other legs of S. The maps of a leg of S are not used, so
/// that a crash changes nothing up to here.</item>
/// <item>The leg is failed: a record without it is proposed, and it returns as any leg that was lost.</item>
/// </list>
/// </summary>
internal sealed class Verifications(WriterState state)
{
    private readonly List<VerifyStep> steps = [];
    private MissedStep? missed;
    private bool isMissedOutOfDate;
    private bool isRemovalDue;

    internal int Count => steps.Count;

    internal bool IsIdle => steps.Count == 0 && missed is null && !isRemovalDue;

    /// <summary>A comparison has locked regions of the range.</summary>
    internal bool IsLocked(RegionRange range)
    {
        foreach (var step in steps)
        {
            if (WriterState.Overlap(step.Range, range))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Begins to compare regions that are not locked.</summary>
    internal VerifyStep Start(RegionRange range)
    {
        Invariant.Require(!IsLocked(range));
        var step = new VerifyStep(range);
        steps.Add(step);
        return step;
    }

    /// <summary>Legs that differ from most legs leave S.</summary>
    internal void RemoveDiffering() => isRemovalDue = true;

    internal bool Advance()
    {
        var progressed = false;
        for (var i = 0; i < steps.Count; i++)
        {
            var step = steps[i];
            var isInFlight = state.InFlight.Contains(step);
            if (isInFlight ? step.IsOver : TrySend(step))
            {
                progressed = true;
                if (isInFlight)
                {
                    Compare(step);
                }

                if (step.Outcome != VerifyOutcome.Pending)
                {
                    state.InFlight.Remove(step);
                    steps.RemoveAt(i--);
                }
            }
        }

        return (isRemovalDue && TryRemove()) || progressed;
    }

    private bool TrySend(VerifyStep step)
    {
        if (state.IsBeingWritten(step.Range))
        {
            return false;
        }

        if (IsSkipped(step.Range))
        {
            step.End(VerifyOutcome.Skipped);
            return true;
        }

        step.Size = state.Chosen.Size;
        state.Send(step, state.Live);
        state.Host.Verify(step);
        return true;
    }

    private bool IsSkipped(RegionRange range)
    {
        foreach (var member in state.Chosen.Configuration.Legs)
        {
            if (state.Legs[member].Missed.Overlaps(range) || state.Legs[member].Differing.Overlaps(range))
            {
                return true;
            }
        }

        return state.Unresolved.Overlaps(range) || state.Live.Count < 2;
    }

    private void Compare(VerifyStep step)
    {
        var unreadable = (step.Targets - step.Done) & state.Live;
        if (!unreadable.IsEmpty || IsSkipped(step.Range))
        {
            if (!unreadable.IsEmpty && !(step.Done & state.Live).IsEmpty)
            {
                state.Repair(step.Range, unreadable);
            }

            step.End(VerifyOutcome.Skipped);
            return;
        }

        var compared = step.Done & state.Live;
        var group = step.LargestGroup(compared);
        if (group == compared)
        {
            step.End(compared.Count < 2 ? VerifyOutcome.Skipped : VerifyOutcome.Equal);
        }
        else if (group.Count <= state.InSync.Count / 2)
        {
            step.End(VerifyOutcome.NoMajority, compared);
        }
        else
        {
            step.End(VerifyOutcome.Minority, compared - group);
            isMissedOutOfDate = true;
            foreach (var member in step.Differing)
            {
                state.Legs[member].Differing.SetRange(step.Range);
            }
        }
    }

    private bool TryRemove()
    {
        if (missed is not null)
        {
            return missed.IsOver && EndMissed(missed);
        }

        // The last leg of S stays.
        var differing = Differing();
        if (differing.IsEmpty || (state.Live - differing).IsEmpty)
        {
            isRemovalDue = false;
            return true;
        }

        if (!state.MapHolders.IsSubsetOf(state.Targets))
        {
            return false;
        }

        missed = new MissedStep();
        isMissedOutOfDate = false;
        state.Send(missed, state.MapHolders);
        state.Host.WriteMissed(missed);
        return true;
    }

    private bool EndMissed(MissedStep step)
    {
        var differing = Differing();
        var isDurable = !isMissedOutOfDate && (state.MapHolders - differing).IsSubsetOf(step.Done);
        state.InFlight.Remove(step);
        missed = null;
        if (isDurable && !(state.Live - differing).IsEmpty)
        {
            foreach (var member in differing)
            {
                state.Host.Differs(member);
                state.FailLeg(member);
            }
        }

        return true;
    }

    /// <summary>The legs of S that differ from most legs.</summary>
    private MemberSet Differing()
    {
        var differing = MemberSet.None;
        foreach (var member in state.Live)
        {
            differing = state.Legs[member].Differing.IsEmpty ? differing : differing.With(member);
        }

        return differing;
    }
}

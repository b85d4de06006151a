using DmIo.Volumes.Maps;

namespace DmIo.Volumes.Writing;

/// <summary>
/// Clears the active bits of extents that are not written any more. What their bits cover becomes durable elsewhere
/// first: a flush of the acknowledgment set and of every leg that is being synchronized, then the missed maps. Without
/// extents, only this is done: it stores how far legs are synchronized.
/// <code>
///   Idle --Start--> Flushing --> WritingMissed --> Clearing --> Idle
///                      |                +-- without extents --> Idle
///                      +-- a leg of A is lost: Idle, the bits stay set
/// </code>
/// Writes to the extents wait meanwhile (VM2).
/// </summary>
internal sealed class Cooling(WriterState state, ActiveMaps maps, Flushes flushes)
{
    private MissedStep? missed;
    private ActiveStep? clear;

    internal bool IsIdle => flushes.Cooling.Progress == FlushProgress.None;

    /// <summary>Begins to cool those of the extents that are not in use; false: there is nothing to do, or the state of
    /// the legs does not allow it.</summary>
    internal bool Start(RegionSet extents)
    {
        if (!IsIdle || !state.IsActive || !(state.Failed & state.Acknowledgment).IsEmpty || state.Live.IsEmpty)
        {
            return false;
        }

        foreach (var range in extents.Ranges())
        {
            for (var extent = range.First; extent < range.End; extent++)
            {
                if (!IsInUse(extent))
                {
                    maps.Cooling.SetRange(new RegionRange(extent, 1));
                }
            }
        }

        if (maps.Cooling.IsEmpty && state.Syncing.IsEmpty)
        {
            return false;
        }

        flushes.Cooling.Want();
        return true;
    }

    internal bool Advance()
    {
        if (IsIdle)
        {
            return false;
        }

        return clear is not null ? EndClear(clear)
            : missed is not null ? EndMissed(missed)
            : EndFlush();
    }

    private bool EndFlush()
    {
        if (!(state.Failed & state.Acknowledgment).IsEmpty || state.Live.IsEmpty)
        {
            return Stop();
        }

        if (flushes.Cooling.Progress != FlushProgress.Done)
        {
            return false;
        }

        if (!state.Rules.CoolingFlush(state.Acknowledgment, state.Syncing).IsSubsetOf(flushes.Cooling.Done))
        {
            return Stop();
        }

        missed = new MissedStep();
        state.Send(missed, state.MapHolders & state.Targets);
        state.Host.WriteMissed(missed);
        return true;
    }

    private bool EndMissed(MissedStep step)
    {
        if (!step.IsOver)
        {
            return false;
        }

        if (!state.MapHolders.IsSubsetOf(step.Done))
        {
            return Stop();
        }

        if (maps.Cooling.IsEmpty)
        {
            return Stop();
        }

        clear = maps.TryClear(flushes.Cooling.Done & state.Targets);
        return clear is not null;
    }

    private bool EndClear(ActiveStep step) => step.IsOver && !state.InFlight.Contains(step) && Stop();

    private bool Stop()
    {
        if (missed is not null)
        {
            state.InFlight.Remove(missed);
        }

        (missed, clear) = (null, null);
        flushes.Cooling.Reset();
        maps.Cooling.Clear();
        return true;
    }

    private bool IsInUse(long extent)
    {
        var regions = new RegionRange(extent * RegionRange.RegionsPerExtent, RegionRange.RegionsPerExtent);
        return state.IsBeingWritten(regions) || IsBeingCopied(regions)
            || (state.Rules.KeepsUnresolvedActive && state.Unresolved.Overlaps(regions));
    }

    private bool IsBeingCopied(RegionRange regions)
    {
        foreach (var step in state.InFlight)
        {
            if (step is CopyStep { Kind: CopyKind.Resolve } copy && WriterState.Overlap(copy.Range, regions))
            {
                return true;
            }
        }

        return false;
    }
}

using DmIo.Io;

namespace DmIo.Volumes.Writing;

/// <summary>How far the growth of a volume has come.</summary>
internal enum GrowthPhase
{
    /// <summary>The volume does not grow.</summary>
    None,

    /// <summary>The new area is zeroed.</summary>
    Zeroing,

    /// <summary>The zeroes are flushed.</summary>
    Flushing,

    /// <summary>What legs outside S miss of the new area is written on every holder of missed maps.</summary>
    WritingMissed,

    /// <summary>The record with the larger size is proposed.</summary>
    Proposing,

    /// <summary>The growth was given up: what is in flight in the new area ends.</summary>
    Abandoning,
}

/// <summary>
/// The growth of the volume (VR6). The new area holds zeroes on every leg of S, durably, and every other leg misses it,
/// durably on every holder of missed maps, before a record with the larger size is proposed: whichever record the next
/// writer finds, the legs of S are equal up to its size.
/// <code>
///   None --Start--> Zeroing --> Flushing --> WritingMissed --> Proposing --chosen--> None
///                     +------------+--------------+--a leg failed a write, Abandon--> Abandoning --> None
/// </code>
/// <list type="bullet">
/// <item>Zeroing is a write: for each leg, it is data or a missed bit, and copies of the regions wait. Copies reach
/// into the new area (<see cref="WriterState.Reach"/>), so that legs return meanwhile.</item>
/// <item>A record once proposed may be chosen, also by a later writer: from then on the growth is not given up.</item>
/// </list>
/// </summary>
internal sealed class Growth(WriterState state, Copies copies, Flushes flushes, Proposals proposals)
{
    /// <summary>The most bytes of one step: users' I/O to the legs waits for no more.</summary>
    internal const long StepBytes = 32L << 20;

    private ByteSize size;
    private ByteSize next;
    private ZeroStep? zero;
    private MissedStep? missed;

    internal GrowthPhase Phase { get; private set; }

    internal bool IsIdle => Phase == GrowthPhase.None;

    /// <summary>The end of what was zeroed.</summary>
    internal ByteSize Zeroed => next;

    /// <summary>The last growth was given up, because a leg could not write the zeroes.</summary>
    internal bool HasFailed { get; private set; }

    /// <summary>Begins a growth.</summary>
    /// <returns>False: the volume grows already or is as large, no leg of S can be used, or a leg has not confirmed the
    /// space.</returns>
    internal bool Start(ByteSize wanted)
    {
        if (!IsIdle || !state.IsActive || state.Live.IsEmpty || wanted <= state.Chosen.Size)
        {
            return false;
        }

        foreach (var member in state.Chosen.Configuration.Legs)
        {
            if ((state.Legs[member].Room ?? state.Chosen.Size) < wanted)
            {
                return false;
            }
        }

        (size, next, Phase, HasFailed) = (wanted, state.Chosen.Size, GrowthPhase.Zeroing, false);
        state.GrowingTo = wanted;
        return true;
    }

    /// <summary>Gives the growth up, unless a record with the larger size may have been proposed.</summary>
    internal void Abandon()
    {
        if (Phase is not (GrowthPhase.Zeroing or GrowthPhase.Flushing or GrowthPhase.WritingMissed))
        {
            return;
        }

        if (missed is not null)
        {
            missed.IsOrphan = true;
            state.RemoveOrphan(missed);
            missed = null;
        }

        flushes.Growth.Reset();
        state.GrowingTo = null;
        Phase = GrowthPhase.Abandoning;
    }

    internal bool Advance() => Phase switch
    {
        GrowthPhase.Zeroing => zero is null ? TryZero() : EndZero(zero),
        GrowthPhase.Flushing => EndFlush(),
        GrowthPhase.WritingMissed => missed is null ? TryWriteMissed() : EndMissed(missed),
        GrowthPhase.Proposing => End(),
        GrowthPhase.Abandoning => EndAbandon(),
        _ => false,
    };

    private bool TryZero()
    {
        if (next == size)
        {
            Phase = GrowthPhase.Flushing;
            flushes.Growth.Want();
            return true;
        }

        var step = new ZeroStep(next, ByteSize.FromBytes(Math.Min(size.Bytes, next.Bytes + StepBytes)));
        if (state.Live.IsEmpty || copies.IsLocked(step.Range))
        {
            return false;
        }

        zero = step;
        if (state.Rules.LegsOutsideMissGrowth)
        {
            state.Send(step, step.Range, state.Targets);
        }
        else
        {
            state.Send(step, state.Targets);
        }

        state.Host.Zero(step);
        return true;
    }

    private bool EndZero(ZeroStep step)
    {
        if (!step.IsOver)
        {
            return false;
        }

        // A flush that ended meanwhile says nothing about zeroes that were in flight.
        state.Written(step.Done, step.Range);
        state.InFlight.Remove(step);
        zero = null;
        if (step.HasError)
        {
            HasFailed = true;
            Abandon();
        }
        else
        {
            next = step.End;
        }

        return true;
    }

    /// <summary>A leg of S that failed the flush leaves S before the larger size is proposed.</summary>
    private bool EndFlush()
    {
        if (flushes.Growth.Progress != FlushProgress.Done && state.Rules.GrowthFlushesZeroes)
        {
            return false;
        }

        if (!(state.InSync - state.Failed).IsSubsetOf(flushes.Growth.Done) && state.Rules.GrowthFlushesZeroes)
        {
            flushes.Growth.Want();
        }
        else if (state.Rules.GrowthStoresMissed)
        {
            Phase = GrowthPhase.WritingMissed;
        }
        else
        {
            Propose();
        }

        return true;
    }

    private bool TryWriteMissed()
    {
        // A leg that failed counts until a record without it is chosen: the next writer may read its maps.
        if (!state.MapHolders.IsSubsetOf(state.Targets))
        {
            return false;
        }

        missed = new MissedStep();
        state.Send(missed, state.MapHolders);
        state.Host.WriteMissed(missed);
        return true;
    }

    private bool EndMissed(MissedStep step)
    {
        if (!step.IsOver)
        {
            return false;
        }

        state.InFlight.Remove(step);
        missed = null;
        if (state.MapHolders.IsSubsetOf(step.Done))
        {
            Propose();
        }

        return true;
    }

    private void Propose()
    {
        Phase = GrowthPhase.Proposing;
        proposals.WantedSize = size;
    }

    private bool End()
    {
        if (state.Chosen.Size < size)
        {
            return false;
        }

        Phase = GrowthPhase.None;
        state.GrowingTo = null;
        return true;
    }

    /// <summary>Nothing of the new area is missed any more, once nothing in flight touches it.</summary>
    private bool EndAbandon()
    {
        var beyond = state.Beyond;
        if (zero is { IsOver: false } || copies.IsLocked(beyond))
        {
            return false;
        }

        if (zero is not null)
        {
            state.InFlight.Remove(zero);
            zero = null;
        }

        foreach (var leg in state.Legs)
        {
            leg.Missed.ClearRange(beyond);
            leg.Unflushed.ClearRange(beyond);
            leg.Flushing.ClearRange(beyond);
        }

        Phase = GrowthPhase.None;
        return true;
    }
}

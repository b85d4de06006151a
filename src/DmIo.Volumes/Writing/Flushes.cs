
namespace DmIo.Volumes.Writing;

/// <summary>
/// The flushes of a writer: one is in flight at a time, on every target, and serves everything that waited when it
/// started: flushes of users, the cooling of extents, the return of legs.
/// </summary>
internal sealed class Flushes(WriterState state, Suspension suspension)
{
    private readonly List<Waiter> waiters = [];
    private FlushStep? step;

    /// <summary>The flush for the cooling of extents.</summary>
    internal FlushWait Cooling { get; } = new();

    /// <summary>The flush for the growth of the volume.</summary>
    internal FlushWait Growth { get; } = new();

    internal bool IsIdle => step is null && waiters.Count == 0;

    internal void Submit(ClientOperation flush) => waiters.Add(new Waiter(flush));

    /// <summary>Answers every flush that waits, because the writer is fenced.</summary>
    internal void Fence()
    {
        foreach (var waiter in waiters)
        {
            state.Host.Answer(waiter.Operation, OperationOutcome.Fenced);
        }

        waiters.Clear();
    }

    /// <summary>Answers every flush that waits and is not in flight, because the writer is suspended.</summary>
    internal void Expire()
    {
        for (var i = 0; i < waiters.Count; i++)
        {
            if (waiters[i] is { Step: null or { IsOver: true } } waiter)
            {
                waiters.RemoveAt(i--);
                state.Host.Answer(
                    waiter.Operation, waiter.Step is null ? OperationOutcome.Suspended : OperationOutcome.InDoubt);
            }
        }
    }

    internal bool Advance(TimeSpan now)
    {
        var progressed = step is { IsOver: true } && End(step);
        progressed |= !suspension.IsBelowMinInSync && AnswerFlushed();
        if (suspension.IsExpired(now))
        {
            Expire();
        }

        return (step is null && state.IsActive && IsNeeded() && Start()) || progressed;
    }

    private bool IsNeeded()
    {
        if (Cooling.Progress == FlushProgress.Wanted || Growth.Progress == FlushProgress.Wanted)
        {
            return true;
        }

        foreach (var member in state.Joined)
        {
            if (state.Legs[member].JoinFlush == FlushProgress.Wanted)
            {
                return true;
            }
        }

        return waiters.Exists(waiter => waiter.Step is null);
    }

    private bool Start()
    {
        if (state.Live.IsEmpty)
        {
            return false;
        }

        step = new FlushStep();
        state.Send(step, state.Targets);
        foreach (var member in step.Targets)
        {
            var leg = state.Legs[member];
            leg.Flushing.UnionWith(leg.Unflushed);
            leg.Unflushed.Clear();
            leg.JoinFlush = leg.JoinFlush == FlushProgress.Wanted ? FlushProgress.Started : leg.JoinFlush;
        }

        Cooling.Start();
        Growth.Start();
        foreach (var waiter in waiters)
        {
            waiter.Step ??= step;
        }

        state.Host.Flush(step);
        return true;
    }

    private bool End(FlushStep ended)
    {
        foreach (var member in ended.Done)
        {
            var leg = state.Legs[member];
            leg.Flushing.Clear();
            leg.JoinFlush = leg.JoinFlush == FlushProgress.Started ? FlushProgress.Done : leg.JoinFlush;
        }

        Cooling.End(ended.Done);
        Growth.End(ended.Done);
        state.InFlight.Remove(ended);
        step = null;
        return true;
    }

    /// <summary>A flush is Ok if it was done on every leg of the acknowledgment set; a leg that failed it must have
    /// left the set by a chosen record. A leg that joined since needs a flush of its own.</summary>
    private bool AnswerFlushed()
    {
        var answered = false;
        for (var i = 0; i < waiters.Count; i++)
        {
            var waiter = waiters[i];
            if (waiter.Step is not { IsOver: true } flushed)
            {
                continue;
            }

            var lacking = state.Acknowledgment - flushed.Done;
            if (lacking.IsEmpty)
            {
                waiters.RemoveAt(i--);
                Answer(waiter.Operation);
                answered = true;
            }
            else if (!(lacking & state.Targets).IsEmpty && !state.Live.IsEmpty)
            {
                waiter.Step = null;
                answered = true;
            }
        }

        return answered;
    }

    private void Answer(ClientOperation flush)
    {
        // A user without a session may have written before the power failure.
        var isNewer = flush.Session > state.Chosen.PowerLossSession;
        if (!state.MustReportPowerLoss || !flush.ReportsPowerLoss || isNewer)
        {
            state.Host.Answer(flush, OperationOutcome.Ok);
            return;
        }

        (state.MustReportPowerLoss, state.HasReportedPowerLoss) = (false, true);
        state.Host.Answer(flush, OperationOutcome.PowerLost);
    }

    /// <summary>A flush of a user.</summary>
    private sealed class Waiter(ClientOperation operation)
    {
        internal ClientOperation Operation { get; } = operation;

        /// <summary>The flush that serves it; null: the next one to start.</summary>
        internal FlushStep? Step { get; set; }
    }
}

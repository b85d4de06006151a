using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Writing;

/// <summary>
/// The operations of users: sent at once where nothing stands against it, otherwise held in order of arrival.
/// <code>
///   held --sent--> in flight --done on A--> stored --enough legs in sync--> answered
///     |                +------------------------+
///     +--suspended for too long--> Suspended    +--suspended for too long--> InDoubt
/// </code>
/// A write is held while its record is clean, its extents are cold or cooling, or a copy has locked its regions; a read
/// while its regions are unresolved or no lease is in force. A write in doubt stays in flight until it ends.
/// With <see cref="WriterPolicy.ConfirmsReads"/>, a read that is done waits for its confirmation.
/// </summary>
internal sealed class Operations(
    WriterState state,
    WriterPolicy policy,
    ActiveMaps maps,
    Copies copies,
    Flushes flushes,
    ReadLease lease,
    Suspension suspension)
{
    private readonly List<ClientOperation> held = [];

    // The writes that are done on A, and are acknowledged when enough legs are in sync.
    private readonly List<ClientOperation> stored = [];

    // The reads that are done, and are answered when a quorum of voters has answered a request sent after that (VR11).
    private readonly Queue<DoneRead> unconfirmed = [];

    /// <summary>The newest session. Operations of older ones are refused.</summary>
    internal ulong Session { get; set; }

    internal bool IsIdle => held.Count == 0 && stored.Count == 0 && unconfirmed.Count == 0;

    internal void Submit(ClientOperation operation, TimeSpan now)
    {
        if (!TrySend(operation, now))
        {
            held.Add(operation);
        }
    }

    /// <summary>A step of an operation ended on a leg.</summary>
    internal void Completed(ClientOperation operation, int leg, LegResult result, TimeSpan now)
    {
        if (operation.Operation == IoOperation.Read)
        {
            EndRead(operation, leg, result, now);
            return;
        }

        EndWrite(operation, leg, result);
        if (operation.IsOver)
        {
            TryEnd(operation);
        }
    }

    private void EndWrite(ClientOperation operation, int leg, LegResult result)
    {
        switch (result)
        {
            case LegResult.Ok:
                state.Legs[leg].Unflushed.SetRange(operation.Touched);
                operation.Answered(leg, isDone: true);
                break;
            case LegResult.Error when state.Live == MemberSet.Of(leg):
                operation.Answered(leg, isDone: false);
                operation.HasError = true;
                break;
            default:
                state.FailLeg(leg);
                break;
        }
    }

    /// <summary>Answers everything that waits, because the writer is fenced.</summary>
    internal void Fence()
    {
        foreach (var operation in held)
        {
            state.Host.Answer(operation, OperationOutcome.Fenced);
        }

        held.Clear();
        AnswerStored(OperationOutcome.InDoubt);
        AnswerUnconfirmed(OperationOutcome.Fenced);
        for (var i = 0; i < state.InFlight.Count; i++)
        {
            if (state.InFlight[i] is ClientOperation operation)
            {
                state.InFlight.RemoveAt(i--);
                Answer(
                    operation,
                    operation.Operation == IoOperation.Read ? OperationOutcome.Fenced : OperationOutcome.InDoubt);
            }
        }
    }

    /// <summary>Answers what waits because the writer is suspended, but not what waits for a leg: the answer of the
    /// leg, or its loss, comes soon, and until then the leg uses the memory.</summary>
    internal void Expire()
    {
        foreach (var operation in held)
        {
            var mayHaveEffect = operation.RepeatedFrom is not null && operation.Operation.ChangesSectors();
            state.Host.Answer(
                operation, mayHaveEffect ? OperationOutcome.InDoubt : OperationOutcome.Suspended);
        }

        held.Clear();
        AnswerStored(OperationOutcome.InDoubt);
        AnswerUnconfirmed(OperationOutcome.Suspended);
        foreach (var step in state.InFlight)
        {
            if (step is ClientOperation { IsOver: true, IsInDoubt: false, Operation: not IoOperation.Read } write)
            {
                Answer(write, OperationOutcome.InDoubt);
                write.IsInDoubt = true;
            }
        }
    }

    internal bool Advance(TimeSpan now)
    {
        var progressed = AnswerConfirmed(now);
        for (var i = 0; i < state.InFlight.Count; i++)
        {
            if (state.InFlight[i] is ClientOperation { IsOver: true } operation
                && (operation.Operation == IoOperation.Read ? TryAgain(operation) : TryEnd(operation)))
            {
                i--;
                progressed = true;
            }
        }

        for (var i = 0; i < held.Count; i++)
        {
            if (TrySend(held[i], now))
            {
                held.RemoveAt(i--);
                progressed = true;
            }
        }

        if (!suspension.IsBelowMinInSync)
        {
            AnswerStored(OperationOutcome.Ok);
        }

        if (suspension.IsExpired(now))
        {
            Expire();
        }

        return progressed;
    }

    private void AnswerStored(OperationOutcome outcome)
    {
        foreach (var write in stored)
        {
            state.Host.Answer(write, outcome);
        }

        stored.Clear();
    }

    private void AnswerUnconfirmed(OperationOutcome outcome)
    {
        while (unconfirmed.TryDequeue(out var done))
        {
            state.Host.Answer(done.Read, outcome);
        }
    }

    private bool AnswerConfirmed(TimeSpan now)
    {
        var answered = false;
        while (unconfirmed.TryPeek(out var done) && lease.IsConfirmed(done.Request))
        {
            unconfirmed.Dequeue();
            state.Host.Answer(done.Read, OperationOutcome.Ok);
            answered = true;
        }

        return (unconfirmed.TryPeek(out var next) && lease.Want(next.Request, now)) || answered;
    }

    private void Answer(ClientOperation operation, OperationOutcome outcome)
    {
        if (!operation.IsInDoubt)
        {
            state.Host.Answer(operation, outcome);
        }
    }

    private bool TrySend(ClientOperation operation, TimeSpan now)
    {
        if (operation.Session != 0 && operation.Session < Math.Max(Session, state.Chosen.Session))
        {
            state.Host.Answer(operation, OperationOutcome.Fenced);
            return true;
        }

        if (!state.IsActive || state.Live.IsEmpty || suspension.IsBelowMinInSync || suspension.IsExpired(now)
            || state.IsInDoubt(operation.Touched))
        {
            return false;
        }

        if (operation.RepeatedFrom is { } sent && sent != state.TakenOverFrom && operation.Operation.ChangesSectors())
        {
            state.Host.Answer(operation, OperationOutcome.InDoubt);
            return true;
        }

        switch (operation.Operation)
        {
            case IoOperation.Read:
                return TryRead(operation, now);
            case IoOperation.Write or IoOperation.WriteZeroes:
                return TryWrite(operation);
            case IoOperation.Flush:
                flushes.Submit(operation);
                return true;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation), operation.Operation, null);
        }
    }

    private bool TryWrite(ClientOperation write)
    {
        if (state.Rules.HoldsWrites(state.Chosen, state.Proposed, state.MayBeClean))
        {
            state.WantsDirty = true;
            return false;
        }

        var targets = state.Targets;
        if (copies.IsLocked(write.Touched) || maps.Cooling.Overlaps(write.Extents)
            || !maps.Require(write.Extents, targets))
        {
            return false;
        }

        state.Send(write, write.Touched, targets);
        state.Host.Write(write);
        return true;
    }

    private bool TryEnd(ClientOperation write)
    {
        if (write.HasError)
        {
            // Its content is either, on each leg for itself.
            state.Unresolved.SetRange(write.Touched);
            foreach (var member in state.Chosen.Configuration.Legs - state.InSync)
            {
                state.Legs[member].Missed.SetRange(write.Touched);
            }
        }
        else if (!state.Acknowledgment.IsSubsetOf(write.Done))
        {
            return false;
        }
        else if (!state.Unresolved.IsEmpty)
        {
            state.Unresolved.ClearRange(write.Whole);
            copies.Unreadable.ClearRange(write.Whole);
        }

        state.InFlight.Remove(write);
        if (!write.HasError && !write.IsInDoubt && suspension.IsBelowMinInSync)
        {
            stored.Add(write);
        }
        else
        {
            Answer(write, write.HasError ? OperationOutcome.DeviceError : OperationOutcome.Ok);
        }

        return true;
    }

    private bool TryRead(ClientOperation read, TimeSpan now)
    {
        if (state.Unresolved.Overlaps(read.Touched))
        {
            if (copies.Unreadable.Overlaps(read.Touched))
            {
                state.Host.Answer(read, OperationOutcome.DeviceError);
                return true;
            }

            var first = state.Unresolved.FindNext(read.Touched.First);
            copies.Start(CopyKind.Resolve, new RegionRange(first, 1), read.Unreadable);
            return false;
        }

        var sources = state.SourcesOf(read.Touched, read.Unreadable);
        if (sources.IsEmpty)
        {
            state.Host.Answer(read, OperationOutcome.DeviceError);
            return true;
        }

        if (!lease.IsInForce(now))
        {
            return false;
        }

        state.Send(read, MemberSet.Of(lease.Choose(sources)));
        state.Host.Read(read);
        return true;
    }

    /// <summary>The leg of a read was lost: the read is sent to another one.</summary>
    private bool TryAgain(ClientOperation read)
    {
        state.InFlight.Remove(read);
        held.Insert(0, read);
        return true;
    }

    /// <summary>The lease is checked after the read as well: the leg may have been fenced before it read.</summary>
    private void EndRead(ClientOperation read, int leg, LegResult result, TimeSpan now)
    {
        state.InFlight.Remove(read);
        read.Abandon();
        if (result == LegResult.Ok && lease.IsInForce(now))
        {
            if (policy.ConfirmsReads)
            {
                unconfirmed.Enqueue(new DoneRead(read, lease.Next));
            }
            else
            {
                state.Host.Answer(read, OperationOutcome.Ok);
            }

            return;
        }

        if (result == LegResult.MemoryInUse)
        {
            state.Host.Answer(read, OperationOutcome.DeviceError);
            return;
        }

        if (result == LegResult.Error)
        {
            read.Unreadable = read.Unreadable.With(leg);
            if (!(state.Live - read.Unreadable).IsEmpty)
            {
                state.Repair(read.Touched, MemberSet.Of(leg));
            }
        }
        else if (result == LegResult.Lost)
        {
            state.FailLeg(leg);
        }

        held.Insert(0, read);
    }

    /// <summary>A read that is done.</summary>
    /// <param name="Read">The read.</param>
    /// <param name="Request">The request for the lease whose answers confirm it.</param>
    private readonly record struct DoneRead(ClientOperation Read, ulong Request);
}

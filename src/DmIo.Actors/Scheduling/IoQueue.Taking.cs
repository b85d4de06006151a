using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Scheduling;

// Takes the next operation: chooses its kind and its entries, and puts it in flight.
internal sealed partial class IoQueue
{
    /// <summary>
    /// Takes the next operation for the device, if an I/O may run and the depth allows it. Issues its I/Os, and drops
    /// withdrawn ones. The operation is in flight until it is ended. Must be called after each call that adds or ends;
    /// expiries need no timer, because an I/O that waits for one waits behind operations whose ends bring the next
    /// call.
    /// </summary>
    internal bool TryTakeNext(TimeSpan time, [MaybeNullWhen(false)] out DispatchedOperation operation)
    {
        now = time;
        operation = null;
        depth.Advance(now);
        while (operation is null && Waiting > 0)
        {
            if (isAdaptive && IsFlushNext())
            {
                operation = TakeFlush();
            }
            else if (InFlight >= Depth && !CanExceedDepth())
            {
                depth.HoldBack(ready.Count + retries.Count);
                return false;
            }
            else if (retries.First is { } retried)
            {
                operation = TakeRetried(retried);
            }
            else if (IsFlushNext())
            {
                operation = TakeFlush();
            }
            else if (ready.Next(now) is { } chosen)
            {
                operation = Take(chosen);
            }
            else
            {
                return false;
            }
        }

        return operation is not null;
    }

    private bool CanExceedDepth() =>
        loads is not null && InFlight < depth.Unlimited && ready.Next(now) is { } next && loads.IsLight(next.Lease);

    private bool IsFlushNext() => flushes.IsNext(ready.HasClasses ? ready.MostUrgent : null, now);

    private DispatchedOperation? TakeFlush()
    {
        var operation = operations.Take();
        while (flushes.Take() is { } entry)
        {
            if (entry.Kind == IoOperation.Flush && !entry.Io!.TryIssue())
            {
                Waiting--;
                entry.Detach();
                Recycle(entry);
                continue;
            }

            LeaveWaiting(entry);
            operation.Add(entry);
        }

        if (operation.Entries.Length == 0)
        {
            operations.Return(operation);
            return null;
        }

        operation.BeginFlush(now);
        Start(operation);
        return operation;
    }

    private DispatchedOperation TakeRetried(QueueEntry entry)
    {
        retries.Remove(entry);
        LeaveWaiting(entry);
        var operation = operations.Take();
        operation.Add(entry);
        Start(operation, entry);
        return operation;
    }

    private DispatchedOperation? Take(QueueEntry chosen)
    {
        if (loads is not null && loads.IsLight(chosen.Lease))
        {
            depth.NoteLightLease(now);
        }

        if (!TryIssue(chosen, DequeueReason.Chosen))
        {
            return null;
        }

        var operation = operations.Take();
        operation.Add(chosen);
        if (merging.Begin(chosen))
        {
            for (var first = chosen; merging.Before(first) is { } found && TryIssue(found, DequeueReason.Merged);)
            {
                operation.Add(found);
                first = found;
            }

            operation.Reverse();
            for (var last = chosen; merging.After(last) is { } found && TryIssue(found, DequeueReason.Merged);)
            {
                operation.Add(found);
                last = found;
            }
        }

        Start(operation, chosen);
        return operation;
    }

    /// <summary>Issues an entry for an operation. False: it was withdrawn, and is removed.</summary>
    private bool TryIssue(QueueEntry entry, DequeueReason reason)
    {
        if (!entry.Io!.TryIssue())
        {
            Forget(entry);
            return false;
        }

        ready.Remove(entry, reason, now);
        LeaveWaiting(entry);
        return true;
    }

    private void LeaveWaiting(QueueEntry entry)
    {
        entry.State = EntryState.Taken;
        Waiting--;
        entry.Detach();
    }

    private void Start(DispatchedOperation operation, QueueEntry chosen)
    {
        var (isNative, needsFlush) = flushes.DurabilityOf(chosen, ready.DurableCount);
        operation.Begin(now, isNative, needsFlush);
        Start(operation);
    }

    private void Start(DispatchedOperation operation)
    {
        operation.DepthWindow = depth.Window;
        flushes.Started(operation);
        operationsInFlight.AddLast(operation);
    }

    /// <summary>The number of I/Os that each lease has at a device, waiting or in flight. Holds only leases with
    /// I/Os.</summary>
    private sealed class LeaseLoads
    {
        private readonly Dictionary<LeaseId, int> loads = [];

        internal void Add(LeaseId lease) => CollectionsMarshal.GetValueRefOrAddDefault(loads, lease, out _)++;

        internal void Remove(LeaseId lease)
        {
            ref var load = ref CollectionsMarshal.GetValueRefOrNullRef(loads, lease);
            if (--load == 0)
            {
                loads.Remove(lease);
            }
        }

        /// <summary>True if the lease has one I/O, while other leases have some too: the I/O waits for
        /// theirs.</summary>
        internal bool IsLight(LeaseId lease) => loads.Count > 1 && loads[lease] == 1;
    }
}

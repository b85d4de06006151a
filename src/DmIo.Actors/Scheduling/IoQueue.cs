using System.Diagnostics.CodeAnalysis;
using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// The operations of one device from arrival to end: decides which of them run together (<see cref="ConflictMap"/>),
/// the order (<see cref="ReadySet"/>), merges (<see cref="Merging"/>, <see cref="FlushCoalescer"/>), and the queue
/// depth (<see cref="AdaptiveDepth"/>). Knows no actors.
/// </summary>
/// <remarks>
/// <para>
/// Each I/O that was added is taken exactly once, in one operation of <see cref="TryTakeNext"/>, unless it was
/// withdrawn before; an I/O that <see cref="Written"/> or <see cref="Retry"/> returned is taken once more. Of two I/Os
/// that conflict, the later waits until the earlier is completed or written (R20). A flush conflicts only with flushes:
/// it covers the writes that completed before it was taken. If operations in flight end, no I/O waits forever: an
/// expired class gets its turn, a lease its share, a flush precedes its class.
/// </para>
/// <para>
/// The queue holds the added I/Os and nothing else: for each an entry, at most three nodes of the map and (for a read)
/// a user per node. The credit of the leases bounds the number of I/Os. Unused objects are pooled, a bounded number of
/// each kind. Allocates nothing in steady state. Each call takes O(log n); <see cref="ConflictMap"/> has the exception.
/// </para>
/// </remarks>
internal sealed partial class IoQueue
{
    private readonly ConflictMap conflicts;
    private readonly ReadySet ready;
    private readonly FlushCoalescer flushes;
    private readonly Merging merging;
    private readonly PriorityInheritance inheritance;
    private readonly AdaptiveDepth depth;
    private readonly bool isAdaptive;
    private readonly LeaseLoads? loads;
    private readonly IntrusiveList<QueueEntry> retries = new();
    private readonly IntrusiveList<DispatchedOperation> operationsInFlight = new();
    private readonly ObjectPool<QueueEntry> entries = new();
    private readonly ObjectPool<DispatchedOperation> operations = new();
    private TimeSpan now;
    private long lastNumber;

    internal IoQueue(IoQueueOptions options, DeviceDescription device)
    {
        Invariant.Require(options.Depth.Min >= 1 && options.Depth.Max >= options.Depth.Min);
        conflicts = new ConflictMap(Release);
        ready = new ReadySet(options);
        flushes = new FlushCoalescer(options, device);
        merging = new Merging(device);
        inheritance = new PriorityInheritance(ready);
        depth = new AdaptiveDepth(options.Depth);
        isAdaptive = options.Depth.IsAdaptive;
        loads = isAdaptive && options.Policy == SchedulingPolicy.Fair ? new LeaseLoads() : null;
    }

    /// <summary>Operations that were taken and have not ended.</summary>
    internal int InFlight => operationsInFlight.Count;

    /// <summary>I/Os in the queue and in no operation: added or returned ones.</summary>
    internal int Waiting { get; private set; }

    /// <summary>The limit of operations in flight. An adaptive depth does not count a flush, whose latency is not
    /// measured, nor the only I/O of a lease.</summary>
    internal int Depth => depth.Current + (isAdaptive && flushes.IsInFlight ? 1 : 0);

    /// <summary>No I/O waits, and no operation is in flight.</summary>
    internal bool IsEmpty => Waiting == 0 && InFlight == 0;

    /// <summary>The time at which the oldest operation in flight was taken; null: none is in flight.</summary>
    internal TimeSpan? OldestInFlightSince => operationsInFlight.First?.TakenAt;

    /// <summary>The conflict map, with its sizes and costs.</summary>
    internal ConflictMap Conflicts => conflicts;

    /// <summary>
    /// Adds an I/O. Its region is valid for the device (RegionCheck), with at least one sector unless it is a flush.
    /// The caller does not access it until it is taken or withdrawn.
    /// </summary>
    /// <param name="io">An I/O that is in no queue.</param>
    /// <param name="time">The current time; monotonic.</param>
    internal void Add(IQueuedIo io, TimeSpan time)
    {
        now = time;
        Invariant.Require(io.Entry is null);
        var entry = entries.Take();
        entry.Begin(io, ++lastNumber, now);
        loads?.Add(entry.Lease);
        Waiting++;
        if (entry.Kind == IoOperation.Flush)
        {
            flushes.Add(entry, now);
            return;
        }

        conflicts.Add(entry);
        if (!entry.IsBlocked)
        {
            ready.Add(entry, now);
        }
        else if (ready.HasClasses)
        {
            inheritance.Inherit(entry, now);
        }
    }

    /// <summary>
    /// Ends a successful operation with <see cref="DispatchedOperation.NeedsFlush"/>. Its I/Os are written but not
    /// durable: conflicting I/Os may run, and the I/Os are taken again with the next flush. They must not be answered
    /// before.
    /// </summary>
    internal void Written(DispatchedOperation operation, TimeSpan time)
    {
        Invariant.Require(operation.NeedsFlush);
        now = time;
        RemoveInFlight(operation);
        foreach (var entry in operation.Entries)
        {
            conflicts.Remove(entry);
            Waiting++;
            flushes.Add(entry, now);
        }

        Recycle(operation);
    }

    /// <summary>
    /// Ends a failed operation whose failure may be that of one I/O. The I/Os keep their places before all conflicting
    /// ones, and are taken again before all others, one operation each, not merged. Not for a flush.
    /// </summary>
    internal void Retry(DispatchedOperation operation, TimeSpan time)
    {
        Invariant.Require(operation.Operation.Kind.HasRange());
        now = time;
        RemoveInFlight(operation);
        foreach (var entry in operation.Entries)
        {
            entry.State = EntryState.Retrying;
            Waiting++;
            retries.AddLast(entry);
        }

        Recycle(operation);
    }

    /// <summary>
    /// Ends an operation: conflicting I/Os may run. Its I/Os may be answered before or after: the queue does not access
    /// them; but <see cref="DispatchedOperation.Ios"/> is empty afterwards.
    /// </summary>
    internal void Completed(DispatchedOperation operation, TimeSpan time)
    {
        now = time;
        RemoveInFlight(operation);
        foreach (var entry in operation.Entries)
        {
            conflicts.Remove(entry);
            Recycle(entry);
        }

        Recycle(operation);
        ResetIfEmpty();
    }

    /// <summary>Removes an I/O that was not taken; conflicting I/Os may run. False: it was taken, or is not in the
    /// queue.</summary>
    internal bool Withdraw(IQueuedIo io)
    {
        if (io.Entry is not { } entry)
        {
            return false;
        }

        Forget(entry);
        ResetIfEmpty();
        return true;
    }

    /// <summary>Takes the next issued I/O without an operation, at the end of the owner, which must answer
    /// it.</summary>
    internal bool TryTakeIssued([MaybeNullWhen(false)] out IQueuedIo io) =>
        (io = retries.TakeFirst()?.Io ?? flushes.TakeIssued()?.Io) is not null;

    private void Release(QueueEntry entry) => ready.Add(entry, now);

    private void RemoveInFlight(DispatchedOperation operation)
    {
        Invariant.Require(operation.IsInFlight);
        operationsInFlight.Remove(operation);
        flushes.Ended(operation);
        if (isAdaptive && !operation.IsSync)
        {
            depth.Completed(operation, now);
        }
    }

    /// <summary>Removes an entry that was not taken.</summary>
    private void Forget(QueueEntry entry)
    {
        switch (entry.State)
        {
            case EntryState.Syncing:
                flushes.Withdraw(entry);
                break;
            case EntryState.Ready:
                ready.Remove(entry, DequeueReason.Unserved, now);
                conflicts.Remove(entry);
                break;
            case EntryState.Blocked:
                conflicts.Remove(entry);
                break;
            default:
                Invariant.Require(false);
                break;
        }

        Waiting--;
        entry.Detach();
        Recycle(entry);
    }

    private void ResetIfEmpty()
    {
        if (IsEmpty)
        {
            ready.OnIdle();
        }
    }

    private void Recycle(QueueEntry entry)
    {
        loads?.Remove(entry.Lease);
        entry.Finish();
        entries.Return(entry);
    }

    private void Recycle(DispatchedOperation operation)
    {
        operation.Clear();
        operations.Return(operation);
    }

    /// <summary>For tests: the counts and the conflict map. Takes O(n).</summary>
    internal void CheckInvariants()
    {
        Invariant.Require(Waiting >= retries.Count);
        for (var operation = operationsInFlight.First; operation is not null; operation = operation.Next)
        {
            Invariant.Require(operation.Next is null || operation.TakenAt <= operation.Next.TakenAt);
        }

        conflicts.CheckInvariants();
        Invariant.Require(!IsEmpty || (conflicts.IsEmpty && conflicts is { NodeCount: 0, UserCount: 0 }));
    }
}

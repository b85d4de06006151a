using System.Diagnostics.CodeAnalysis;
using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// One device's operations between their arrival and their end: decides which of them go together
/// (<see cref="ConflictMap"/>), which goes next (<see cref="ReadySet"/>), what goes down as one (<see cref="Merging"/>,
/// <see cref="FlushCoalescer"/>), and how many at a time (<see cref="AdaptiveDepth"/>). Plain.
/// </summary>
/// <remarks>
/// <para>
/// Each I/O that was added comes out exactly once, in one operation of <see cref="TryTakeNext"/>, unless it was
/// withdrawn first; those that <see cref="Written"/> or <see cref="Retry"/> sent back come out once more. Of two that
/// conflict the later waits until the earlier is completed or written (R20). A flush conflicts with nothing but
/// flushes: it covers what completed before it was given out. Nothing waits for ever if what is in flight ends: an
/// expired class gets its turn, a lease its share, a flush goes ahead of its class.
/// </para>
/// <para>
/// It holds what was added, no more: for each an entry, at most three nodes of the map and (a read) a user per node.
/// What may be added is bounded by the leases' credit. Objects out of use are kept for the next, a bounded number of
/// each kind. In steady state nothing is allocated. Each call takes O(log n); <see cref="ConflictMap"/> has the
/// exception.
/// </para>
/// </remarks>
internal sealed partial class IoQueue
{
    private readonly ConflictMap conflicts;
    private readonly ReadySet ready;
    private readonly FlushCoalescer flushes;
    private readonly Merging merging;
    private readonly DirectIssue directIssue;
    private readonly PriorityInheritance inheritance;
    private readonly AdaptiveDepth depth;
    private readonly bool isAdaptive;
    private readonly LeaseLoads? loads;
    private readonly IntrusiveList<QueueEntry> retries = new();
    private readonly IntrusiveList<DeviceOperation> operationsInFlight = new();
    private readonly ObjectPool<QueueEntry> entries = new();
    private readonly ObjectPool<DeviceOperation> operations = new();
    private TimeSpan now;
    private long lastNumber;

    internal IoQueue(IoQueueOptions options, DeviceDescription device)
    {
        Invariant.Require(options.Depth.Least >= 1 && options.Depth.Most >= options.Depth.Least);
        conflicts = new ConflictMap(Release);
        ready = new ReadySet(options);
        flushes = new FlushCoalescer(options, device);
        merging = new Merging(device);
        directIssue = new DirectIssue(options, device);
        inheritance = new PriorityInheritance(ready);
        depth = new AdaptiveDepth(options.Depth);
        isAdaptive = options.Depth.IsAdaptive;
        loads = isAdaptive && options.Policy == SchedulingPolicy.Fair ? new LeaseLoads() : null;
    }

    /// <summary>Operations given out and not ended.</summary>
    internal int InFlight => operationsInFlight.Count;

    /// <summary>I/Os here and in no operation: those that were added, and those that came back.</summary>
    internal int Waiting { get; private set; }

    /// <summary>How many may be in flight now. Where it adapts, a flush, no measure of latency, is beside it; and so is
    /// the only I/O of a lease.</summary>
    internal int Depth => depth.Current + (isAdaptive && flushes.IsInFlight ? 1 : 0);

    /// <summary>Nothing waits, nothing is in flight.</summary>
    internal bool IsEmpty => Waiting == 0 && InFlight == 0;

    /// <summary>When the oldest operation in flight was given out; null: none is in flight.</summary>
    internal TimeSpan? OldestInFlightSince => operationsInFlight.First?.TakenAt;

    /// <summary>What it holds besides an entry for each I/O, and what that has cost.</summary>
    internal ConflictMap Conflicts => conflicts;

    /// <summary>
    /// Takes in an I/O that waits. Its region is right for the device (RegionCheck), with at least one sector unless it
    /// is a flush. Until it comes out or is withdrawn, nobody else touches it.
    /// </summary>
    /// <param name="io">Not in any queue.</param>
    /// <param name="time">Never earlier than in the call before.</param>
    internal void Add(IQueuedIo io, TimeSpan time)
    {
        now = time;
        Invariant.Require(io.Entry is null);
        var entry = entries.Take();
        entry.Begin(io, ++lastNumber, now);
        loads?.Add(entry.Lease);
        var isFirst = InFlight == 0 && Waiting == directIssue.Count;
        Waiting++;
        if (!isFirst || !directIssue.TryAdd(entry))
        {
            CloseDirectIssue();
            Admit(entry);
        }
    }

    /// <summary>What took the short way takes its usual place, the first that came first.</summary>
    private void CloseDirectIssue()
    {
        if (directIssue.UnderWay is { } passed)
        {
            directIssue.UnderWay = null;
            conflicts.Add(passed);
        }

        while (directIssue.Take() is { } entry)
        {
            entry.State = EntryState.Blocked;
            Admit(entry);
        }
    }

    private void Admit(QueueEntry entry)
    {
        if (entry.Operation == IoOperation.Flush)
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
    /// Ends an operation that <see cref="DeviceOperation.NeedsFlush"/> and succeeded. Its I/Os are written but not
    /// durable: what waited for them may go, and they come back in the next flush. They are not answered before that.
    /// </summary>
    internal void Written(DeviceOperation operation, TimeSpan time)
    {
        Invariant.Require(operation.NeedsFlush);
        now = time;
        EndFlight(operation);
        foreach (var entry in operation.Entries)
        {
            conflicts.Remove(entry);
            Waiting++;
            flushes.Add(entry, now);
        }

        Recycle(operation);
    }

    /// <summary>
    /// Ends an operation that failed for a reason that may be one I/O's alone. They keep their places before all that
    /// conflicts with them, and come out again ahead of all others, one operation each, not merged. Not for a flush.
    /// </summary>
    internal void Retry(DeviceOperation operation, TimeSpan time)
    {
        Invariant.Require(operation.Operation != IoOperation.Flush);
        now = time;
        CloseDirectIssue();
        EndFlight(operation);
        foreach (var entry in operation.Entries)
        {
            entry.State = EntryState.Retrying;
            Waiting++;
            retries.AddLast(entry);
        }

        Recycle(operation);
    }

    /// <summary>
    /// Ends an operation: what waited for its I/Os may go. They may have been answered before, or are to be afterwards:
    /// the queue does not look at them; but <see cref="DeviceOperation.Ios"/> is empty then.
    /// </summary>
    internal void Completed(DeviceOperation operation, TimeSpan time)
    {
        now = time;
        EndFlight(operation);
        foreach (var entry in operation.Entries)
        {
            if (ReferenceEquals(entry, directIssue.UnderWay))
            {
                directIssue.UnderWay = null;
            }
            else
            {
                conflicts.Remove(entry);
            }

            Recycle(entry);
        }

        Recycle(operation);
        RestIfEmpty();
    }

    /// <summary>Forgets one that never came out; what waited for it may go. False: it has come out, or is not
    /// here.</summary>
    internal bool Withdraw(IQueuedIo io)
    {
        if (io.Entry is not { } entry)
        {
            return false;
        }

        Forget(entry);
        RestIfEmpty();
        return true;
    }

    /// <summary>For its owner's end: the next issued I/O in no operation: nobody else answers it.</summary>
    internal bool TryTakeIssued([MaybeNullWhen(false)] out IQueuedIo io) =>
        (io = retries.TakeFirst()?.Io ?? flushes.TakeIssued()?.Io) is not null;

    private void Release(QueueEntry entry) => ready.Add(entry, now);

    private void EndFlight(DeviceOperation operation)
    {
        Invariant.Require(operation.IsInFlight);
        operationsInFlight.Remove(operation);
        flushes.Ended(operation);
        if (isAdaptive && !operation.IsSync)
        {
            depth.Completed(operation, now);
        }
    }

    /// <summary>One that was not taken.</summary>
    private void Forget(QueueEntry entry)
    {
        switch (entry.State)
        {
            case EntryState.Syncing:
                flushes.Withdraw(entry);
                break;
            case EntryState.Passing:
                directIssue.Remove(entry);
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
        entry.LetGo();
        Recycle(entry);
    }

    private void RestIfEmpty()
    {
        if (IsEmpty)
        {
            ready.Rest();
        }
    }

    private void Recycle(QueueEntry entry)
    {
        loads?.Remove(entry.Lease);
        entry.Finish();
        entries.Return(entry);
    }

    private void Recycle(DeviceOperation operation)
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

using System.Diagnostics.CodeAnalysis;
using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors;

/// <summary>
/// One device's operations between their arrival and their end: decides which of them go together
/// (<see cref="ConflictMap"/>), which goes next (<see cref="ReadySet"/>), what goes down as one (<see cref="Merging"/>,
/// <see cref="FlushGroup"/>), and how many at a time (<see cref="AdaptiveDepth"/>). Plain.
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
/// It holds what was added, no more: for each an entry, at most three pieces of the map and (a read) a claim per piece.
/// What may be added is bounded by the leases' credit. Objects out of use are kept for the next, a bounded number of
/// each kind. In steady state nothing is allocated. Each call takes O(log n); <see cref="ConflictMap"/> has the
/// exception.
/// </para>
/// </remarks>
internal sealed class IoQueue
{
    private readonly ConflictMap conflicts;
    private readonly ReadySet ready;
    private readonly FlushGroup flushes;
    private readonly Merging merging;
    private readonly UrgencyHeir heir;
    private readonly AdaptiveDepth depth;
    private readonly bool isAdaptive;
    private readonly EntryLine retries = new();
    private readonly FlightLine flights = new();
    private readonly ObjectStock<QueueEntry> entries = new();
    private readonly ObjectStock<DeviceOperation> operations = new();
    private TimeSpan now;
    private long lastNumber;

    internal IoQueue(IoQueueOptions options, DeviceDescription device)
    {
        Invariant.Require(options.Depth.Least >= 1 && options.Depth.Most >= options.Depth.Least);
        conflicts = new ConflictMap(Release);
        ready = new ReadySet(options);
        flushes = new FlushGroup(options, device);
        merging = new Merging(device);
        heir = new UrgencyHeir(ready);
        depth = new AdaptiveDepth(options.Depth);
        isAdaptive = options.Depth.IsAdaptive;
    }

    /// <summary>Operations given out and not ended.</summary>
    internal int InFlight => flights.Count;

    /// <summary>I/Os here and in no operation: those that were added, and those that came back.</summary>
    internal int Waiting { get; private set; }

    /// <summary>How many may be in flight now. Where it adapts, a flush, no measure of latency, is beside
    /// it.</summary>
    internal int Depth => depth.Current + (isAdaptive && flushes.IsInFlight ? 1 : 0);

    /// <summary>Nothing waits, nothing is in flight.</summary>
    internal bool IsEmpty => Waiting == 0 && InFlight == 0;

    /// <summary>When the oldest operation in flight was given out; null: none is in flight.</summary>
    internal TimeSpan? OldestInFlightSince => flights.First?.TakenAt;

    /// <summary>What it holds besides an entry for each I/O, and what that has cost.</summary>
    internal ConflictMap Conflicts => conflicts;

    /// <summary>
    /// Takes in an I/O that waits. Its region is right for the device (RegionCheck), with at least one sector unless it
    /// is a flush. Until it comes out or is withdrawn, nobody else touches it.
    /// </summary>
    /// <param name="io">Not in any queue.</param>
    /// <param name="time">Never earlier than in the call before.</param>
    internal void Add(DeviceIo io, TimeSpan time)
    {
        now = time;
        Invariant.Require(io.Entry is null);
        var entry = entries.Take();
        entry.Begin(io, ++lastNumber, now);
        Waiting++;
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
            heir.Inherit(entry, now);
        }
    }

    /// <summary>
    /// The next operation for the device, if any may go and the depth allows it. Its I/Os are issued; those that were
    /// withdrawn are dropped on the way. It is in flight until it is ended. To be asked again after each call that adds
    /// or ends; expiries need no timer, since who waits for one waits behind operations whose ends bring the next call.
    /// </summary>
    internal bool TryTakeNext(TimeSpan time, [MaybeNullWhen(false)] out DeviceOperation operation)
    {
        now = time;
        operation = null;
        while (operation is null && Waiting > 0)
        {
            if (isAdaptive && IsFlushNext())
            {
                operation = TakeFlush();
            }
            else if (InFlight >= Depth)
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
        EndFlight(operation);
        foreach (var entry in operation.Entries)
        {
            entry.State = EntryState.Retrying;
            Waiting++;
            retries.Add(entry);
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
            conflicts.Remove(entry);
            Recycle(entry);
        }

        Recycle(operation);
        RestIfEmpty();
    }

    /// <summary>Forgets one that never came out; what waited for it may go. False: it has come out, or is not
    /// here.</summary>
    internal bool Withdraw(DeviceIo io)
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
    internal bool TryTakeIssued([MaybeNullWhen(false)] out DeviceIo io) =>
        (io = retries.TakeFirst()?.Io ?? flushes.TakeIssued()?.Io) is not null;

    private void Release(QueueEntry entry) => ready.Add(entry, now);

    private bool IsFlushNext() => flushes.IsNext(ready.HasClasses ? ready.MostUrgent : null, now);

    private DeviceOperation? TakeFlush()
    {
        var operation = operations.Take();
        while (flushes.Take() is { } entry)
        {
            if (entry.Operation == IoOperation.Flush && !entry.Io!.TryIssue())
            {
                Waiting--;
                entry.LetGo();
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

    private DeviceOperation TakeRetried(QueueEntry entry)
    {
        retries.Remove(entry);
        LeaveWaiting(entry);
        var operation = operations.Take();
        operation.Add(entry);
        Start(operation, entry);
        return operation;
    }

    private DeviceOperation? Take(QueueEntry chosen)
    {
        if (!TryIssue(chosen, Departure.Chosen))
        {
            return null;
        }

        var operation = operations.Take();
        operation.Add(chosen);
        if (merging.Begin(chosen))
        {
            for (var first = chosen; merging.Before(first) is { } found && TryIssue(found, Departure.Along);)
            {
                operation.Add(found);
                first = found;
            }

            operation.Reverse();
            for (var last = chosen; merging.After(last) is { } found && TryIssue(found, Departure.Along);)
            {
                operation.Add(found);
                last = found;
            }
        }

        Start(operation, chosen);
        return operation;
    }

    /// <summary>Into an operation; false: it was withdrawn, and is forgotten.</summary>
    private bool TryIssue(QueueEntry entry, Departure departure)
    {
        if (!entry.Io!.TryIssue())
        {
            Forget(entry);
            return false;
        }

        ready.Remove(entry, departure, now);
        LeaveWaiting(entry);
        return true;
    }

    private void LeaveWaiting(QueueEntry entry)
    {
        entry.State = EntryState.Taken;
        Waiting--;
        entry.LetGo();
    }

    private void Start(DeviceOperation operation, QueueEntry chosen)
    {
        var (isNative, needsFlush) = flushes.WayOf(chosen, ready.DurableCount);
        operation.Begin(now, isNative, needsFlush);
        Start(operation);
    }

    private void Start(DeviceOperation operation)
    {
        operation.DepthWindow = depth.Window;
        flushes.Started(operation);
        flights.Add(operation);
    }

    private void EndFlight(DeviceOperation operation)
    {
        flights.Remove(operation);
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
            case EntryState.Ready:
                ready.Remove(entry, Departure.Unserved, now);
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
        entry.Finish();
        entries.Return(entry);
    }

    private void Recycle(DeviceOperation operation)
    {
        operation.Clear();
        operations.Return(operation);
    }
}

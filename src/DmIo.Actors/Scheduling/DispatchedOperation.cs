using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// One operation for the device: an I/O, several merged I/Os, or all I/Os that share one flush. Owned by the queue, and
/// lent to the caller until its end by <see cref="IoQueue.Completed"/>, <see cref="IoQueue.Written"/> or
/// <see cref="IoQueue.Retry"/>; the caller must not use it afterwards.
/// </summary>
internal sealed class DispatchedOperation : ILinked<DispatchedOperation>
{
    private QueueEntry[] entries = new QueueEntry[1];
    private IQueuedIo[] ios = new IQueuedIo[1];
    private DeviceOperation operation;
    private int count;
    private long sectors;

    /// <summary>The operation, with the sectors of all its I/Os and without their data. FUA only if the device supports
    /// it.</summary>
    internal ref readonly DeviceOperation Operation => ref operation;

    /// <summary>
    /// Made durable by a following flush: ended by <see cref="IoQueue.Written"/> if it succeeds (by
    /// <see cref="IoQueue.Completed"/> if it fails). Its I/Os are answered after that flush.
    /// </summary>
    internal bool NeedsFlush { get; private set; }

    /// <summary>
    /// The contiguous I/Os, in sector order. All of them are issued; each uses the first sectors of its own memory. For
    /// a flush: the flushes and durable writes that share it.
    /// </summary>
    internal ReadOnlySpan<IQueuedIo> Ios => ios.AsSpan(0, count);

    /// <summary>More than one I/O: if the operation fails, the failing I/O is unknown.</summary>
    internal bool IsMerged => count > 1 && operation.Kind.HasRange();

    /// <summary>The time when the operation was taken.</summary>
    internal TimeSpan TakenAt { get; private set; }

    /// <summary>See <see cref="AdaptiveDepth.Window"/>.</summary>
    internal int DepthWindow { get; set; }

    internal ReadOnlySpan<QueueEntry> Entries => entries.AsSpan(0, count);

    public DispatchedOperation? Previous { get; set; }

    public DispatchedOperation? Next { get; set; }

    internal bool IsInFlight { get; private set; }

    /// <summary>A flush, or a write with the device's FUA: the device has at most one of these at a time.</summary>
    internal bool IsSync => operation.IsSync;

    internal void Add(QueueEntry entry)
    {
        if (count == entries.Length)
        {
            Array.Resize(ref entries, count * 2);
            Array.Resize(ref ios, count * 2);
        }

        entries[count] = entry;
        ios[count++] = entry.Io!;
        sectors += entry.Count.Value;
    }

    /// <summary>Reverses the order of the I/Os.</summary>
    internal void Reverse()
    {
        entries.AsSpan(0, count).Reverse();
        ios.AsSpan(0, count).Reverse();
    }

    /// <summary>Notes what the device reports about the operation, for each of its I/Os.</summary>
    /// <param name="held">See <see cref="IQueuedIo.Held"/>.</param>
    /// <param name="detail">See <see cref="IQueuedIo.Detail"/>.</param>
    internal void Note(Task? held, object? detail)
    {
        if (held is null && detail is null)
        {
            return;
        }

        foreach (var io in Ios)
        {
            (io.Held, io.Detail) = (held, detail);
        }
    }

    internal void Begin(TimeSpan now, bool forceUnitAccess, bool needsFlush)
    {
        Put(entries[0].Io!.Operation with { Count = sectors, ForceUnitAccess = forceUnitAccess }, now);
        NeedsFlush = needsFlush;
    }

    internal void BeginFlush(TimeSpan now)
    {
        Put(DeviceOperation.Flush(), now);
        NeedsFlush = false;
    }

    internal void Clear()
    {
        entries.AsSpan(0, count).Clear();
        ios.AsSpan(0, count).Clear();
        (count, sectors, IsInFlight) = (0, 0, false);
    }

    private void Put(in DeviceOperation begun, TimeSpan now)
    {
        operation = begun;
        TakenAt = now;
        IsInFlight = true;
    }
}

using DmIo.Io;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// One operation for the device: an I/O, several that were merged, or all that wait for one flush. The queue's own,
/// lent to whom it was given until he ends it by <see cref="IoQueue.Completed"/>, <see cref="IoQueue.Written"/> or
/// <see cref="IoQueue.Retry"/>; after that he must not look at it again.
/// </summary>
internal sealed class DeviceOperation
{
    private QueueEntry[] entries = new QueueEntry[1];
    private IQueuedIo[] ios = new IQueuedIo[1];
    private int count;

    internal IoOperation Operation { get; private set; }

    /// <summary>The first sector. Meaningless for a flush.</summary>
    internal Sector Start { get; private set; }

    /// <summary>Sectors of all its I/Os together; 0 for a flush.</summary>
    internal SectorCount Count { get; private set; }

    /// <summary>Goes down with the device's own FUA: durable when it completes. Only where the device has
    /// that.</summary>
    internal bool ForceUnitAccess { get; private set; }

    /// <summary>
    /// Durable by a flush that is to follow: ended by <see cref="IoQueue.Written"/> if it succeeds (a failed one by
    /// <see cref="IoQueue.Completed"/>). Its I/Os are answered once they have come back in that flush.
    /// </summary>
    internal bool NeedsFlush { get; private set; }

    /// <summary>
    /// In the order of their sectors, each beginning where the one before ends. All of them are issued; each takes the
    /// first sectors of its own memory. Of a flush: the flushes and durable writes that share it.
    /// </summary>
    internal ReadOnlySpan<IQueuedIo> Ios => ios.AsSpan(0, count);

    /// <summary>More than one I/O: if it fails, who tells whose part it was?</summary>
    internal bool IsMerged => count > 1 && Operation != IoOperation.Flush;

    /// <summary>When it was given out.</summary>
    internal TimeSpan TakenAt { get; private set; }

    /// <summary>See <see cref="AdaptiveDepth.Window"/>.</summary>
    internal int DepthWindow { get; set; }

    internal ReadOnlySpan<QueueEntry> Entries => entries.AsSpan(0, count);

    /// <summary>In flight, the earlier and the later one.</summary>
    internal DeviceOperation? Previous { get; set; }

    internal DeviceOperation? Next { get; set; }

    internal bool IsInFlight { get; private set; }

    /// <summary>A flush, or a write with the device's own FUA: what the device has one of at a time.</summary>
    internal bool IsSync => Operation == IoOperation.Flush || ForceUnitAccess;

    internal void Add(QueueEntry entry)
    {
        if (count == entries.Length)
        {
            Array.Resize(ref entries, count * 2);
            Array.Resize(ref ios, count * 2);
        }

        entries[count] = entry;
        ios[count++] = entry.Io!;
        Count = new SectorCount(Count.Value + entry.Count.Value);
    }

    /// <summary>The last that was added becomes the first.</summary>
    internal void Reverse()
    {
        entries.AsSpan(0, count).Reverse();
        ios.AsSpan(0, count).Reverse();
    }

    internal void Begin(TimeSpan now, bool forceUnitAccess, bool needsFlush)
    {
        Operation = entries[0].Operation;
        Start = entries[0].Start;
        ForceUnitAccess = forceUnitAccess;
        NeedsFlush = needsFlush;
        TakenAt = now;
        IsInFlight = true;
    }

    internal void BeginFlush(TimeSpan now)
    {
        Begin(now, forceUnitAccess: false, needsFlush: false);
        (Operation, Start, Count) = (IoOperation.Flush, 0, 0);
    }

    internal void Clear()
    {
        entries.AsSpan(0, count).Clear();
        ios.AsSpan(0, count).Clear();
        (count, Count, IsInFlight) = (0, 0, false);
    }
}

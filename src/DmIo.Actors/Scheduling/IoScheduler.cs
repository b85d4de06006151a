namespace DmIo.Actors.Scheduling;

/// <summary>Orders ready entries by one policy. All operations are O(log n).</summary>
internal abstract class IoScheduler
{
    internal int Count { get; private set; }

    internal void Add(QueueEntry entry)
    {
        Count++;
        OnAdd(entry);
    }

    /// <summary>The next entry; null: there is none. Changes nothing.</summary>
    internal abstract QueueEntry? Next(TimeSpan now);

    /// <summary>Removes an entry that is dispatched or withdrawn.</summary>
    internal void Remove(QueueEntry entry, DequeueReason reason)
    {
        Count--;
        OnRemove(entry, reason);
    }

    /// <summary>The device is idle: clears the history of the leases' shares.</summary>
    internal virtual void OnIdle()
    {
    }

    protected abstract void OnAdd(QueueEntry entry);

    protected abstract void OnRemove(QueueEntry entry, DequeueReason reason);
}

/// <summary>How an entry leaves its <see cref="IoScheduler"/>.</summary>
internal enum DequeueReason
{
    /// <summary>Dispatched, because it was the next.</summary>
    Chosen,

    /// <summary>Dispatched, merged into the chosen entry's operation.</summary>
    Merged,

    /// <summary>Not dispatched: it was withdrawn, or its class has changed.</summary>
    Unserved,
}

/// <summary>Policy fifo: the earliest arrival first. An entry that was blocked keeps its arrival order.</summary>
internal sealed class FifoScheduler : IoScheduler
{
    private readonly ArrivalQueue entries = new();

    internal override QueueEntry? Next(TimeSpan now) => entries.Count == 0 ? null : entries.First;

    protected override void OnAdd(QueueEntry entry) => entries.Add(entry);

    protected override void OnRemove(QueueEntry entry, DequeueReason reason) => entries.Remove(entry);
}

/// <summary>
/// Entries in arrival order. Entries that are added in order, which are nearly all, are in a list, O(1) each; entries
/// that were blocked and are added late are in a heap, O(log n) each.
/// </summary>
internal sealed class ArrivalQueue
{
    private const int InLine = -1;

    private readonly IntrusiveList<QueueEntry> line = new();
    private readonly IndexedHeap<QueueEntry> late = new();

    internal int Count => line.Count + late.Count;

    /// <summary>The earliest entry. The queue must not be empty.</summary>
    internal QueueEntry First => line.First is { } first && (late.Count == 0 || first.ComesBefore(late.First))
        ? first
        : late.First;

    internal void Add(QueueEntry entry)
    {
        if (line.Last is { } last && entry.ComesBefore(last))
        {
            late.Add(entry);
        }
        else
        {
            entry.HeapIndex = InLine;
            line.AddLast(entry);
        }
    }

    internal void Remove(QueueEntry entry)
    {
        if (entry.HeapIndex == InLine)
        {
            line.Remove(entry);
        }
        else
        {
            late.Remove(entry);
        }
    }
}

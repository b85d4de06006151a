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

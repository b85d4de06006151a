namespace DmIo.Devices.Stores;

/// <summary>An object with the link of an <see cref="IntrusiveQueue{T}"/>; only the queue sets it.</summary>
internal interface IQueueItem<T>
    where T : class, IQueueItem<T>
{
    T? Next { get; set; }
}

/// <summary>A first-in, first-out queue linked through its items: an item is in one queue at a time. A copy of the
/// queue takes over the items of the original. Not thread-safe.</summary>
internal struct IntrusiveQueue<T>
    where T : class, IQueueItem<T>
{
    private T? first;
    private T? last;

    internal readonly bool IsEmpty => first is null;

    internal void Add(T item)
    {
        Invariant.Require(item.Next is null && !ReferenceEquals(item, last));
        if (last is null)
        {
            first = item;
        }
        else
        {
            last.Next = item;
        }

        last = item;
    }

    /// <summary>Removes the first item; null: the queue is empty.</summary>
    internal T? TryTake()
    {
        var item = first;
        if (item is not null)
        {
            first = item.Next;
            last = first is null ? null : last;
            item.Next = null;
        }

        return item;
    }
}

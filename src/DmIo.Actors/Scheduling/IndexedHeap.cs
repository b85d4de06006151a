namespace DmIo.Actors.Scheduling;

/// <summary>An item of an <see cref="IndexedHeap{T}"/>; in one heap at a time.</summary>
internal interface IHeapItem<in T>
{
    /// <summary>Set by the heap only.</summary>
    int HeapIndex { get; set; }

    bool ComesBefore(T other);
}

/// <summary>
/// A binary heap whose items store their index, so that any item can be removed or moved: O(log n) each, O(1) for
/// adding an item that comes last. Allocates only to grow.
/// </summary>
internal sealed class IndexedHeap<T>
    where T : class, IHeapItem<T>
{
    private T?[] items = new T?[4];

    internal int Count { get; private set; }

    /// <summary>Comparisons since creation: the measure of the cost.</summary>
    internal long Steps { get; private set; }

    /// <summary>The first item. The heap must not be empty.</summary>
    internal T First => items[0]!;

    internal void Add(T item)
    {
        if (Count == items.Length)
        {
            Array.Resize(ref items, Count * 2);
        }

        SiftUp(item, Count++);
    }

    internal void Remove(T item)
    {
        var index = item.HeapIndex;
        Invariant.Require(ReferenceEquals(items[index], item));
        var last = items[--Count]!;
        items[Count] = null;
        if (!ReferenceEquals(last, item))
        {
            Place(last, index);
        }
    }

    /// <summary>The order of an item has changed.</summary>
    internal void Moved(T item) => Place(item, item.HeapIndex);

    private void Place(T item, int index)
    {
        if (index > 0 && item.ComesBefore(items[(index - 1) / 2]!))
        {
            SiftUp(item, index);
        }
        else
        {
            SiftDown(item, index);
        }
    }

    private void SiftUp(T item, int index)
    {
        while (index > 0)
        {
            Steps++;
            var parent = items[(index - 1) / 2]!;
            if (!item.ComesBefore(parent))
            {
                break;
            }

            Put(parent, index);
            index = (index - 1) / 2;
        }

        Put(item, index);
    }

    private void SiftDown(T item, int index)
    {
        for (var child = (index * 2) + 1; child < Count; child = (index * 2) + 1)
        {
            Steps++;
            if (child + 1 < Count && items[child + 1]!.ComesBefore(items[child]!))
            {
                child++;
            }

            if (!items[child]!.ComesBefore(item))
            {
                break;
            }

            Put(items[child]!, index);
            index = child;
        }

        Put(item, index);
    }

    private void Put(T item, int index)
    {
        items[index] = item;
        item.HeapIndex = index;
    }
}

namespace DmIo.Actors.Scheduling;

/// <summary>An object with the links of an <see cref="IntrusiveList{T}"/>; only the list sets them.</summary>
internal interface ILinked<T>
    where T : class, ILinked<T>
{
    T? Previous { get; set; }

    T? Next { get; set; }
}

/// <summary>A doubly linked list whose links are in its items, so that it allocates nothing and an item is removed in
/// O(1). An item is in one such list at a time.</summary>
internal sealed class IntrusiveList<T>
    where T : class, ILinked<T>
{
    internal T? First { get; private set; }

    internal T? Last { get; private set; }

    internal int Count { get; private set; }

    internal void AddLast(T item) => InsertAfter(item, Last);

    /// <summary>Inserts an item after another; null: at the start.</summary>
    internal void InsertAfter(T item, T? previous)
    {
        item.Previous = previous;
        item.Next = previous is null ? First : previous.Next;
        if (previous is null)
        {
            First = item;
        }
        else
        {
            previous.Next = item;
        }

        if (item.Next is null)
        {
            Last = item;
        }
        else
        {
            item.Next.Previous = item;
        }

        Count++;
    }

    /// <summary>Removes the first item; null: the list is empty.</summary>
    internal T? TakeFirst()
    {
        var first = First;
        if (first is not null)
        {
            Remove(first);
        }

        return first;
    }

    internal void Remove(T item)
    {
        if (item.Previous is null)
        {
            First = item.Next;
        }
        else
        {
            item.Previous.Next = item.Next;
        }

        if (item.Next is null)
        {
            Last = item.Previous;
        }
        else
        {
            item.Next.Previous = item.Previous;
        }

        item.Previous = item.Next = null;
        Count--;
    }
}

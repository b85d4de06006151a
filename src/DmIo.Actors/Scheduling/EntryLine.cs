namespace DmIo.Actors.Scheduling;

/// <summary>Entries one behind the other, each in one line at a time. Any of them can leave in one step.</summary>
internal sealed class EntryLine
{
    internal QueueEntry? First { get; private set; }

    internal QueueEntry? Last { get; private set; }

    internal int Count { get; private set; }

    internal void Add(QueueEntry entry)
    {
        entry.Previous = Last;
        entry.Next = null;
        if (Last is null)
        {
            First = entry;
        }
        else
        {
            Last.Next = entry;
        }

        Last = entry;
        Count++;
    }

    /// <summary>The first, which leaves; null: there is none.</summary>
    internal QueueEntry? TakeFirst()
    {
        var first = First;
        if (first is not null)
        {
            Remove(first);
        }

        return first;
    }

    internal void Remove(QueueEntry entry)
    {
        if (entry.Previous is null)
        {
            First = entry.Next;
        }
        else
        {
            entry.Previous.Next = entry.Next;
        }

        if (entry.Next is null)
        {
            Last = entry.Previous;
        }
        else
        {
            entry.Next.Previous = entry.Previous;
        }

        entry.Previous = entry.Next = null;
        Count--;
    }
}

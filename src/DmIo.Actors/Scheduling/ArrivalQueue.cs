namespace DmIo.Actors.Scheduling;

/// <summary>
/// Entries in the order of their arrival. Those that come in order, nearly all, stand in a line, one step each; those
/// that had to wait for others and come late are in a heap beside it, O(log n) each.
/// </summary>
internal sealed class ArrivalQueue
{
    private const int InLine = -1;

    private readonly IntrusiveList<QueueEntry> line = new();
    private readonly IndexedHeap<QueueEntry> late = new();

    internal int Count => line.Count + late.Count;

    /// <summary>The earliest. Not for an empty line.</summary>
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

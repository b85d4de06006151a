namespace DmIo.Actors.Scheduling;

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

namespace DmIo.Actors.Scheduling;

/// <summary>One lease's entries of one class in <see cref="FairOrder"/>, and where it stands. Pooled.</summary>
internal sealed class Flow : IHeapItem<Flow>
{
    internal long Lease { get; set; }

    /// <summary>The virtual time at which its next operation starts: when its last one ended, if it had too
    /// much.</summary>
    internal long Start { get; set; }

    internal ArrivalLine Entries { get; } = new();

    public int HeapIndex { get; set; }

    /// <summary>Among flows without entries.</summary>
    internal Flow? Previous { get; set; }

    internal Flow? Next { get; set; }

    /// <summary>Virtual time wraps around, so what counts is which way the (shorter) distance goes. Of two at the
    /// same time, the one whose entry came first.</summary>
    public bool ComesBefore(Flow other)
    {
        var distance = unchecked(Start - other.Start);
        return distance < 0 || (distance == 0 && Entries.First.ComesBefore(other.Entries.First));
    }
}

namespace DmIo.Actors.Scheduling;

/// <summary>
/// A range of sectors with the same entries, in one level of the <see cref="ConflictMap"/>: the entry that changes the
/// sectors, if any, and the entries that read them after it. At least one of both. Equal neighbors are joined.
/// </summary>
internal sealed class IntervalNode : TreeNode, ILinked<IntervalNode>
{
    /// <summary>The first sector. It never changes, in contrast to the end.</summary>
    internal long Start => Key;

    /// <summary>The sector after the last.</summary>
    internal long End { get; set; }

    internal IntervalLevel? Level { get; set; }

    public IntervalNode? Previous { get; set; }

    public IntervalNode? Next { get; set; }

    internal IntervalUser? Changer { get; set; }

    internal IntervalUser? FirstReader { get; private set; }

    internal int ReaderCount { get; private set; }

    internal bool IsEmpty => Changer is null && FirstReader is null;

    /// <summary>An order-independent sum of the readers' numbers: two nodes with different sums have different
    /// readers.</summary>
    private long ReaderSum { get; set; }

    internal void AddReader(IntervalUser user)
    {
        user.Node = this;
        user.PreviousReader = null;
        user.NextReader = FirstReader;
        if (FirstReader is not null)
        {
            FirstReader.PreviousReader = user;
        }

        FirstReader = user;
        ReaderCount++;
        ReaderSum += user.Entry!.Tiebreaker;
    }

    internal void RemoveReader(IntervalUser user)
    {
        if (user.PreviousReader is null)
        {
            FirstReader = user.NextReader;
        }
        else
        {
            user.PreviousReader.NextReader = user.NextReader;
        }

        if (user.NextReader is not null)
        {
            user.NextReader.PreviousReader = user.PreviousReader;
        }

        user.PreviousReader = user.NextReader = null;
        ReaderCount--;
        ReaderSum -= user.Entry!.Tiebreaker;
    }

    /// <summary>True if the next node begins where this ends, with the same changer and the same readers.</summary>
    internal bool IsContinuedBy(IntervalNode next)
    {
        if (next.Start != End || next.ReaderCount != ReaderCount || next.ReaderSum != ReaderSum
            || !ReferenceEquals(next.Changer?.Entry, Changer?.Entry))
        {
            return false;
        }

        for (var user = next.FirstReader; user is not null; user = user.NextReader)
        {
            if (!ReferenceEquals(user.Previous?.Node, this))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>The part of an entry in one <see cref="IntervalNode"/>: the entry changes the node, or reads it. An entry's
/// users are in sector order and cover its range exactly.</summary>
internal sealed class IntervalUser : ILinked<IntervalUser>
{
    internal QueueEntry? Entry { get; set; }

    internal IntervalNode? Node { get; set; }

    /// <summary>The links of the entry's users.</summary>
    public IntervalUser? Previous { get; set; }

    public IntervalUser? Next { get; set; }

    /// <summary>The links of the node's readers; null for the changer.</summary>
    internal IntervalUser? PreviousReader { get; set; }

    internal IntervalUser? NextReader { get; set; }
}

/// <summary>
/// Disjoint nodes, in sector order. New operations meet the top level, which is searchable. Every entry that changes
/// sectors has a level below it: the top nodes of its range at its arrival, less completed entries. When that level is
/// empty, the entry is ready.
/// </summary>
internal sealed class IntervalLevel(QueueEntry? above, IntervalTree? tree = null)
{
    private readonly IntrusiveList<IntervalNode> nodes = new();

    /// <summary>The entry above the level; null for the top.</summary>
    internal QueueEntry? Above { get; } = above;

    internal IntervalNode? First => nodes.First;

    internal IntervalNode? Last => nodes.Last;

    /// <summary>Inserts a node after another; null: at the start.</summary>
    internal void Insert(IntervalNode node, IntervalNode? behind)
    {
        nodes.InsertAfter(node, behind);
        node.Level = this;
        tree?.Insert(node);
    }

    internal void Remove(IntervalNode node)
    {
        nodes.Remove(node);
        node.Level = null;
        tree?.Remove(node);
    }
}

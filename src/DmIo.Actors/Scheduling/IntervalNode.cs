namespace DmIo.Actors.Scheduling;

/// <summary>
/// Some sectors that the same entries want, in one level of the <see cref="ConflictMap"/>: who changes them (or nobody)
/// and who reads them after that. Never without both. Never the same as its neighbour: those are joined.
/// </summary>
internal sealed class IntervalNode : TreeNode, ILinked<IntervalNode>
{
    /// <summary>The first sector. A node never moves: only its end does.</summary>
    internal long Start => Key;

    /// <summary>The sector behind the last.</summary>
    internal long End { get; set; }

    internal IntervalLevel? Level { get; set; }

    public IntervalNode? Previous { get; set; }

    public IntervalNode? Next { get; set; }

    internal IntervalUser? Changer { get; set; }

    internal IntervalUser? FirstReader { get; private set; }

    internal int ReaderCount { get; private set; }

    internal bool IsEmpty => Changer is null && FirstReader is null;

    /// <summary>Of its readers' numbers, in no order: two nodes where it differs have different readers.</summary>
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
        ReaderSum += user.Entry!.Tie;
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
        ReaderSum -= user.Entry!.Tie;
    }

    /// <summary>Does the next one begin where this ends, with the same changer and the same readers?</summary>
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

/// <summary>An entry's part in one <see cref="IntervalNode"/>: it changes the node, or it reads it. An entry's users
/// are in the order of their sectors and cover its range exactly.</summary>
internal sealed class IntervalUser : ILinked<IntervalUser>
{
    internal QueueEntry? Entry { get; set; }

    internal IntervalNode? Node { get; set; }

    /// <summary>Of the same entry.</summary>
    public IntervalUser? Previous { get; set; }

    public IntervalUser? Next { get; set; }

    /// <summary>The same node's other readers; null for the changer.</summary>
    internal IntervalUser? PreviousReader { get; set; }

    internal IntervalUser? NextReader { get; set; }
}

/// <summary>
/// Nodes that do not overlap, in the order of their sectors. The top level is what the next operation meets, and can
/// be searched. Every entry that changes sectors has a level under it: what was on top in its range when it came, less
/// what has completed. Once that is empty, the entry may go.
/// </summary>
internal sealed class IntervalLevel(QueueEntry? above, IntervalTree? tree = null)
{
    private readonly IntrusiveList<IntervalNode> nodes = new();

    /// <summary>Whose it is; null for the top.</summary>
    internal QueueEntry? Above { get; } = above;

    internal IntervalNode? First => nodes.First;

    internal IntervalNode? Last => nodes.Last;

    /// <summary>Puts a node behind another; null: before all.</summary>
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

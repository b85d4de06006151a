namespace DmIo.Actors.Scheduling;

/// <summary>
/// Some sectors that the same entries want, in one layer of the <see cref="ConflictMap"/>: who changes them (or nobody)
/// and who reads them after that. Never without both. Never the same as its neighbour: those are joined.
/// </summary>
internal sealed class IntervalNode : TreeNode
{
    /// <summary>The first sector. A piece never moves: only its end does.</summary>
    internal long Start => Key;

    /// <summary>The sector behind the last.</summary>
    internal long End { get; set; }

    internal IntervalLevel? IntervalLevel { get; set; }

    internal IntervalNode? Previous { get; set; }

    internal IntervalNode? Next { get; set; }

    internal IntervalUser? Changer { get; set; }

    internal IntervalUser? FirstReader { get; private set; }

    internal int ReaderCount { get; private set; }

    internal bool IsEmpty => Changer is null && FirstReader is null;

    /// <summary>Of its readers' numbers, in no order: two pieces where it differs have different readers.</summary>
    private long ReaderSum { get; set; }

    internal void AddReader(IntervalUser claim)
    {
        claim.IntervalNode = this;
        claim.PreviousReader = null;
        claim.NextReader = FirstReader;
        if (FirstReader is not null)
        {
            FirstReader.PreviousReader = claim;
        }

        FirstReader = claim;
        ReaderCount++;
        ReaderSum += claim.Entry!.Tie;
    }

    internal void RemoveReader(IntervalUser claim)
    {
        if (claim.PreviousReader is null)
        {
            FirstReader = claim.NextReader;
        }
        else
        {
            claim.PreviousReader.NextReader = claim.NextReader;
        }

        if (claim.NextReader is not null)
        {
            claim.NextReader.PreviousReader = claim.PreviousReader;
        }

        claim.PreviousReader = claim.NextReader = null;
        ReaderCount--;
        ReaderSum -= claim.Entry!.Tie;
    }

    /// <summary>Does the next one begin where this ends, with the same changer and the same readers?</summary>
    internal bool IsContinuedBy(IntervalNode next)
    {
        if (next.Start != End || next.ReaderCount != ReaderCount || next.ReaderSum != ReaderSum
            || !ReferenceEquals(next.Changer?.Entry, Changer?.Entry))
        {
            return false;
        }

        for (var claim = next.FirstReader; claim is not null; claim = claim.NextReader)
        {
            if (!ReferenceEquals(claim.PreviousOfEntry?.IntervalNode, this))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>An entry's part in one <see cref="IntervalNode"/>: it changes the piece, or it reads it. An entry's claims
/// are in the order of their sectors and cover its range exactly.</summary>
internal sealed class IntervalUser
{
    internal QueueEntry? Entry { get; set; }

    internal IntervalNode? IntervalNode { get; set; }

    /// <summary>The same entry's.</summary>
    internal IntervalUser? PreviousOfEntry { get; set; }

    internal IntervalUser? NextOfEntry { get; set; }

    /// <summary>The same piece's other readers; null for the changer.</summary>
    internal IntervalUser? PreviousReader { get; set; }

    internal IntervalUser? NextReader { get; set; }
}

/// <summary>
/// Pieces that do not overlap, in the order of their sectors. The top layer is what the next operation meets, and can
/// be searched. Every entry that changes sectors has a layer under it: what was on top in its range when it came, less
/// what has completed. Once that is empty, the entry may go.
/// </summary>
internal sealed class IntervalLevel(QueueEntry? above, IntervalTree? tree = null)
{
    /// <summary>Whose it is; null for the top.</summary>
    internal QueueEntry? Above { get; } = above;

    internal IntervalNode? First { get; private set; }

    internal IntervalNode? Last { get; private set; }

    /// <summary>Puts a piece behind another; null: before all.</summary>
    internal void Insert(IntervalNode piece, IntervalNode? behind)
    {
        piece.IntervalLevel = this;
        piece.Previous = behind;
        piece.Next = behind is null ? First : behind.Next;
        if (behind is null)
        {
            First = piece;
        }
        else
        {
            behind.Next = piece;
        }

        if (piece.Next is null)
        {
            Last = piece;
        }
        else
        {
            piece.Next.Previous = piece;
        }

        tree?.Insert(piece);
    }

    internal void Remove(IntervalNode piece)
    {
        if (piece.Previous is null)
        {
            First = piece.Next;
        }
        else
        {
            piece.Previous.Next = piece.Next;
        }

        if (piece.Next is null)
        {
            Last = piece.Previous;
        }
        else
        {
            piece.Next.Previous = piece.Previous;
        }

        piece.Previous = piece.Next = null;
        piece.IntervalLevel = null;
        tree?.Remove(piece);
    }
}

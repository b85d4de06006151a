namespace DmIo.Actors.Scheduling;

/// <summary>
/// Who waits for whom (R20): of two that have sectors in common, one of which changes them, the later waits for the
/// earlier to go; nothing else waits. Exactly so at any time, withdrawals included.
/// </summary>
/// <remarks>
/// <para>
/// Sector by sector it is a stack of changes, each with the reads that came after it, and only neighbours in the stack
/// wait for one another. Sectors with the same stack are one <see cref="IntervalNode"/> per level. The tops of all
/// stacks are the top <see cref="IntervalLevel"/>; what a change covers when it comes goes into the layer under it, as
/// it is; a withdrawn change's layer is put back into where it was itself. So nothing is left of what has completed or
/// was withdrawn.
/// </para>
/// <para>
/// Bounds. Each border between two pieces of a layer is the first or last sector of an entry, which is in one layer
/// there: so pieces are at most 3 per entry. A read has at most one claim per piece of its range, so at most one per
/// sector, a tenth of what it reads into. Adding takes O((1 + k) log n): k is how many pieces it meets, plus the
/// readers of the two that its own ends may cut. The many that want the very same sectors are one piece, O(log n)
/// however many. What a change meets is under it from then on, and met by nobody else.
/// </para>
/// </remarks>
internal sealed class ConflictMap
{
    private readonly IntervalTree tree = new();
    private readonly IntervalLevel top;
    private readonly ObjectPool<IntervalNode> pieces = new();
    private readonly ObjectPool<IntervalUser> claims = new();
    private readonly Action<QueueEntry> release;
    private long steps;

    /// <param name="release">Called for an entry that waited and waits no more. It must not come back here.</param>
    internal ConflictMap(Action<QueueEntry> release)
    {
        this.release = release;
        top = new IntervalLevel(above: null, tree);
    }

    internal bool IsEmpty => tree.IsEmpty;

    /// <summary>Pieces in all layers.</summary>
    internal int PieceCount { get; private set; }

    /// <summary>Entries' parts in pieces.</summary>
    internal int ClaimCount { get; private set; }

    /// <summary>Nodes, pieces and claims looked at since the beginning: what the cost is counted in.</summary>
    internal long Steps => tree.Steps + steps;

    /// <summary>Puts it on top. <see cref="QueueEntry.IsBlocked"/> says whether it must wait.</summary>
    internal void Add(QueueEntry entry)
    {
        var behind = (IntervalNode?)tree.Floor(entry.Start);
        if (behind is not null && behind.End > entry.Start)
        {
            if (behind.Start < entry.Start)
            {
                Split(behind, entry.Start);
            }
            else
            {
                behind = behind.Previous;
            }
        }

        if (entry.IsChange)
        {
            Cover(entry, behind);
        }
        else
        {
            Read(entry, behind);
        }
    }

    /// <summary>Its end, or that of its waiting if it is a read: what waited for it alone may go.</summary>
    internal void Remove(QueueEntry entry)
    {
        if (entry.Under.First is not null)
        {
            Uncover(entry);
            return;
        }

        while (entry.FirstClaim is { } claim)
        {
            steps++;
            var piece = claim.IntervalNode!;
            if (entry.IsChange)
            {
                ClearChanger(piece);
            }
            else
            {
                piece.RemoveReader(claim);
                entry.Blockers -= piece.Changer is null ? 0 : 1;
                Discard(claim);
                Settle(piece);
            }
        }
    }

    private void Read(QueueEntry entry, IntervalNode? behind)
    {
        for (var at = entry.Start; at < entry.End;)
        {
            var next = behind is null ? top.First : behind.Next;
            if (next is null || next.Start > at)
            {
                next = NewPiece(at, Math.Min(next?.Start ?? long.MaxValue, entry.End), top, behind);
            }
            else if (next.End > entry.End)
            {
                Split(next, entry.End);
            }

            steps++;
            var claim = NewClaim(entry, behind: null);
            next.AddReader(claim);
            entry.Blockers += next.Changer is null ? 0 : 1;
            at = next.End;
            behind = next;
        }
    }

    private void Cover(QueueEntry entry, IntervalNode? behind)
    {
        while ((behind is null ? top.First : behind.Next) is { } next && next.Start < entry.End)
        {
            if (next.End > entry.End)
            {
                Split(next, entry.End);
            }

            steps++;
            top.Remove(next);
            entry.Under.Insert(next, entry.Under.Last);
        }

        var piece = NewPiece(entry.Start, entry.End, top, behind);
        piece.Changer = NewClaim(entry, behind: null);
        piece.Changer.IntervalNode = piece;
    }

    /// <summary>A change that waits is withdrawn: what it covered comes back, wherever in the stacks it was
    /// itself.</summary>
    private void Uncover(QueueEntry entry)
    {
        while (entry.FirstClaim?.IntervalNode is { } piece)
        {
            steps++;
            var under = entry.Under.First;
            if (under is null || under.Start >= piece.End)
            {
                ClearChanger(piece);
            }
            else if (under.Start > piece.Start)
            {
                Split(piece, under.Start);
                ClearChanger(piece);
            }
            else
            {
                Invariant.Require(under.Start == piece.Start);
                if (under.End < piece.End)
                {
                    Split(piece, under.End);
                }
                else if (under.End > piece.End)
                {
                    Split(under, piece.End);
                }

                Settle(Absorb(piece, under));
            }
        }
    }

    /// <summary>
    /// The piece loses its changer and gets what lay under that, in the same sectors. The fewer readers move to the
    /// more, so that however often it happens, a reader moves O(log n) times.
    /// </summary>
    private IntervalNode Absorb(IntervalNode piece, IntervalNode under)
    {
        Discard(piece.Changer!);
        piece.Changer = null;
        if (under.Changer is null)
        {
            Unblock(piece);
        }

        if (under.ReaderCount > piece.ReaderCount)
        {
            MoveReaders(piece, under);
            var (layer, behind) = (piece.IntervalLevel!, piece.Previous);
            Recycle(piece);
            under.IntervalLevel!.Remove(under);
            layer.Insert(under, behind);
            return under;
        }

        MoveReaders(under, piece);
        if (under.Changer is { } changer)
        {
            piece.Changer = changer;
            changer.IntervalNode = piece;
            under.Changer = null;
        }

        Recycle(under);
        return piece;
    }

    private void MoveReaders(IntervalNode from, IntervalNode to)
    {
        while (from.FirstReader is { } reader)
        {
            steps++;
            from.RemoveReader(reader);
            to.AddReader(reader);
        }
    }

    private void ClearChanger(IntervalNode piece)
    {
        Discard(piece.Changer!);
        piece.Changer = null;
        Unblock(piece);
        Settle(piece);
    }

    /// <summary>Nobody is to change it before its readers any more.</summary>
    private void Unblock(IntervalNode piece)
    {
        for (var reader = piece.FirstReader; reader is not null; reader = reader.NextReader)
        {
            steps++;
            if (--reader.Entry!.Blockers == 0 && reader.Entry.State == EntryState.Blocked)
            {
                release(reader.Entry);
            }
        }
    }

    /// <summary>After a change to it: an empty piece goes, one like its neighbour is joined with it.</summary>
    private void Settle(IntervalNode piece)
    {
        var layer = piece.IntervalLevel!;
        if (piece.IsEmpty)
        {
            Recycle(piece);
            if (layer is { Above: { State: EntryState.Blocked } above, First: null })
            {
                release(above);
            }

            return;
        }

        if (piece.Next is { } next && piece.IsContinuedBy(next))
        {
            Join(piece, next);
        }

        if (piece.Previous is { } previous && previous.IsContinuedBy(piece))
        {
            Join(previous, piece);
        }
    }

    private void Join(IntervalNode piece, IntervalNode next)
    {
        piece.End = next.End;
        while (next.FirstReader is { } reader)
        {
            steps++;
            next.RemoveReader(reader);
            reader.Entry!.Blockers -= next.Changer is null ? 0 : 1;
            Discard(reader);
        }

        if (next.Changer is { } changer)
        {
            next.Changer = null;
            Discard(changer);
        }

        Recycle(next);
    }

    /// <summary>Cuts a piece in two of the same layer; the given one ends at the sector.</summary>
    private void Split(IntervalNode piece, long at)
    {
        var right = NewPiece(at, piece.End, piece.IntervalLevel!, piece);
        piece.End = at;
        if (piece.Changer is { } changer)
        {
            right.Changer = NewClaim(changer.Entry!, changer);
            right.Changer.IntervalNode = right;
        }

        for (var reader = piece.FirstReader; reader is not null; reader = reader.NextReader)
        {
            steps++;
            right.AddReader(NewClaim(reader.Entry!, reader));
            reader.Entry!.Blockers += piece.Changer is null ? 0 : 1;
        }
    }

    private IntervalNode NewPiece(long start, long end, IntervalLevel layer, IntervalNode? behind)
    {
        var piece = pieces.Take();
        piece.Key = start;
        piece.End = end;
        layer.Insert(piece, behind);
        PieceCount++;
        return piece;
    }

    private void Recycle(IntervalNode piece)
    {
        Invariant.Require(piece.IsEmpty);
        piece.IntervalLevel!.Remove(piece);
        pieces.Return(piece);
        PieceCount--;
    }

    private IntervalUser NewClaim(QueueEntry entry, IntervalUser? behind)
    {
        var claim = claims.Take();
        entry.AddClaim(claim, behind);
        ClaimCount++;
        return claim;
    }

    private void Discard(IntervalUser claim)
    {
        claim.Entry!.RemoveClaim(claim);
        claims.Return(claim);
        ClaimCount--;
    }
}

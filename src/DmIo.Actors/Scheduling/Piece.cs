namespace DmIo.Actors.Scheduling;

/// <summary>
/// Some sectors that the same entries want, in one layer of the <see cref="ConflictMap"/>: who changes them (or nobody)
/// and who reads them after that. Never without both. Never the same as its neighbour: those are joined.
/// </summary>
internal sealed class Piece : TreeNode
{
    /// <summary>The first sector. A piece never moves: only its end does.</summary>
    internal long Start => Key;

    /// <summary>The sector behind the last.</summary>
    internal long End { get; set; }

    internal Layer? Layer { get; set; }

    internal Piece? Previous { get; set; }

    internal Piece? Next { get; set; }

    internal Claim? Changer { get; set; }

    internal Claim? FirstReader { get; private set; }

    internal int ReaderCount { get; private set; }

    internal bool IsEmpty => Changer is null && FirstReader is null;

    /// <summary>Of its readers' numbers, in no order: two pieces where it differs have different readers.</summary>
    private long ReaderSum { get; set; }

    internal void AddReader(Claim claim)
    {
        claim.Piece = this;
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

    internal void RemoveReader(Claim claim)
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
    internal bool IsContinuedBy(Piece next)
    {
        if (next.Start != End || next.ReaderCount != ReaderCount || next.ReaderSum != ReaderSum
            || !ReferenceEquals(next.Changer?.Entry, Changer?.Entry))
        {
            return false;
        }

        for (var claim = next.FirstReader; claim is not null; claim = claim.NextReader)
        {
            if (!ReferenceEquals(claim.PreviousOfEntry?.Piece, this))
            {
                return false;
            }
        }

        return true;
    }
}

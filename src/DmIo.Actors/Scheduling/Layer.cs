namespace DmIo.Actors.Scheduling;

/// <summary>
/// Pieces that do not overlap, in the order of their sectors. The top layer is what the next operation meets, and can
/// be searched. Every entry that changes sectors has a layer under it: what was on top in its range when it came, less
/// what has completed. Once that is empty, the entry may go.
/// </summary>
internal sealed class Layer(QueueEntry? above, SectorTree? tree = null)
{
    /// <summary>Whose it is; null for the top.</summary>
    internal QueueEntry? Above { get; } = above;

    internal Piece? First { get; private set; }

    internal Piece? Last { get; private set; }

    /// <summary>Puts a piece behind another; null: before all.</summary>
    internal void Insert(Piece piece, Piece? behind)
    {
        piece.Layer = this;
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

    internal void Remove(Piece piece)
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
        piece.Layer = null;
        tree?.Remove(piece);
    }
}

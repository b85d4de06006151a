namespace DmIo.Actors.Scheduling;

/// <summary>An entry's part in one <see cref="Piece"/>: it changes the piece, or it reads it. An entry's claims are
/// in the order of their sectors and cover its range exactly.</summary>
internal sealed class Claim
{
    internal QueueEntry? Entry { get; set; }

    internal Piece? Piece { get; set; }

    /// <summary>The same entry's.</summary>
    internal Claim? PreviousOfEntry { get; set; }

    internal Claim? NextOfEntry { get; set; }

    /// <summary>The same piece's other readers; null for the changer.</summary>
    internal Claim? PreviousReader { get; set; }

    internal Claim? NextReader { get; set; }
}

using DmIo.Io;

namespace DmIo.TestKit.Oracle;

/// <summary>What one access makes, or may make, of one sector: its sector number <paramref name="Index"/>. Where it
/// keeps a part of what is there, that part is known only when it is done, and what it found was not in
/// doubt.</summary>
/// <param name="Access">The change.</param>
/// <param name="Index">Counted from its first sector.</param>
/// <param name="Merged">What it wrote, together with what it kept; null: not known, or it kept nothing.</param>
internal readonly record struct SectorChange(DiskAccess Access, int Index, byte[]? Merged = null)
{
    private static readonly byte[] Zeroes = new byte[Sector.SizeBytes];

    /// <summary>Its outcome says that it happened.</summary>
    internal bool IsDone => Index < Access.DoneSectors;

    /// <summary>It happened, and survives a crash for certain.</summary>
    internal bool IsDurable => IsDone && Access.IsDurable;

    /// <summary>All that it makes of the sector is known.</summary>
    internal bool IsWhole => Merged is not null || Written.Equals(0..Sector.SizeBytes);

    /// <summary>While it was in flight, a read got something else than was there, and maybe this one did.</summary>
    internal bool IsGarbled => Access.Garbled.Contains(Access.Start.Value + Index);

    private Range Written => Access.Operation switch
    {
        IoOperation.Discard => 0..0,
        IoOperation.Write when Merged is null => Access.Written(Index),
        _ => 0..Sector.SizeBytes,
    };

    private ReadOnlySpan<byte> Content =>
        Merged ?? (Access.Operation == IoOperation.Write ? Access.Content(Index) : Zeroes);

    internal bool Holds(ReadOnlySpan<byte> content) => content[Written].SequenceEqual(Content[Written]);

    /// <summary>The same, on what was there before it.</summary>
    internal SectorChange On(SectorChange before)
    {
        var merged = before.Content.ToArray();
        Content[Written].CopyTo(merged.AsSpan(Written));
        return this with { Merged = merged };
    }

    /// <summary>For people: what, and by whom.</summary>
    internal string Describe(Func<ReadOnlySpan<byte>, string> name)
    {
        var state = this switch
        {
            { IsDurable: true } => "durable by",
            { IsDone: true } => "acknowledged by",
            { Access.IsInFlight: true } => "in flight by",
            _ => "not acknowledged by",
        };
        var what = IsWhole ? name(Content) : Access.Operation == IoOperation.Discard ? "anything" : "a part";
        return $"{what} ({state} {Access})";
    }
}

using DmIo.Io;

namespace DmIo.TestKit.Oracle;

/// <summary>The change of one sector by one access: its sector number <paramref name="Index"/>. If the access preserves
/// a part of the sector, that part is known only after the outcome, and only if the contents before it were
/// unambiguous.</summary>
/// <param name="Access">The change.</param>
/// <param name="Index">The index of the sector in the access.</param>
/// <param name="Merged">The written bytes, merged with the preserved ones; null: unknown, or the access preserves
/// none.</param>
internal readonly record struct SectorChange(DiskAccess Access, int Index, byte[]? Merged = null)
{
    private static readonly byte[] Zeroes = new byte[Sector.SizeBytes];

    /// <summary>The outcome says that the change happened.</summary>
    internal bool IsDone => Index < Access.DoneSectors;

    /// <summary>The change happened, and is certain to survive a crash.</summary>
    internal bool IsDurable => IsDone && Access.IsDurable;

    /// <summary>The whole contents of the sector after the change are known.</summary>
    internal bool IsWhole => Merged is not null || Written.Equals(0..Sector.SizeBytes);

    /// <summary>While the access was in flight, a read returned corrupted data, possibly the access's own
    /// read.</summary>
    internal bool IsCorrupted => Access.Corrupted.Contains(Access.Start.Value + Index);

    private Range Written => !Access.Operation.DefinesContent() ? 0..0
        : Access.Operation.HasData() && Merged is null ? Access.WrittenRange(Index)
        : 0..Sector.SizeBytes;

    private ReadOnlySpan<byte> Content =>
        Merged ?? (Access.Operation.HasData() ? Access.Content(Index) : Zeroes);

    internal bool Holds(ReadOnlySpan<byte> content) => content[Written].SequenceEqual(Content[Written]);

    /// <summary>The change, merged with the contents before it.</summary>
    internal SectorChange MergedWith(SectorChange before)
    {
        var merged = before.Content.ToArray();
        Content[Written].CopyTo(merged.AsSpan(Written));
        return this with { Merged = merged };
    }

    /// <summary>Describes the contents and the access, for findings.</summary>
    internal string Describe(Func<ReadOnlySpan<byte>, string> name)
    {
        var state = this switch
        {
            { IsDurable: true } => "durable by",
            { IsDone: true } => "acknowledged by",
            { Access.IsInFlight: true } => "in flight by",
            _ => "not acknowledged by",
        };
        var what = IsWhole ? name(Content) : !Access.Operation.DefinesContent() ? "anything" : "a part";
        return $"{what} ({state} {Access})";
    }
}

namespace DmIo.TestKit;

/// <summary>What one access makes, or may make, of one sector: its sector number <paramref name="Index"/>.</summary>
internal readonly record struct SectorChange(DiskAccess Access, int Index)
{
    /// <summary>Its outcome says that it happened.</summary>
    internal bool IsDone => Index < Access.DoneSectors;

    /// <summary>It happened, and survives a crash for certain.</summary>
    internal bool IsDurable => IsDone && Access.IsDurable;

    internal bool Holds(ReadOnlySpan<byte> content) => Access.Holds(Index, content);

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
        return $"{Access.NameOf(Index, name)} ({state} {Access})";
    }
}

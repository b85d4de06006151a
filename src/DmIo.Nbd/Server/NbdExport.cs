namespace DmIo.Nbd.Server;

/// <summary>A device, or several copies of one, as network clients see it. Immutable.</summary>
public sealed record NbdExport
{
    /// <summary>What clients ask for: at most 4096 bytes of UTF-8 without a NUL; may be empty, which is then the
    /// default export.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The names of attached devices, 1 to 64. With several, every write, flush, trim and zeroing goes to all of them,
    /// reads come from the first that answers, and one that fails is left out until the export is added anew. What they
    /// hold must be the same to begin with: nothing is copied between them. The shortest gives the size. A trim is a
    /// hint: a device that answers it with an error stays, so that the devices need not have discarded the same, and
    /// what is read where data were discarded may change from one read to the next. Zeroing is no hint.
    /// </summary>
    public required IReadOnlyList<string> Devices { get; init; }

    /// <summary>Writes, trims and zeroes are refused. So they are, too, where a device takes none.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>For people, in lists of exports: at most 4096 bytes.</summary>
    public string Description { get; init; } = "";

    /// <summary>Clients that name no export get this one; at most one of a server's.</summary>
    public bool IsDefault { get; init; }

    /// <summary>
    /// Its lease, in pages of 4096 bytes, at least 64: the memory of all requests of all its connections, shared fairly
    /// between them, in blocks of 16. A request of any length, up to the 64 MiB that clients may ask for, is served
    /// with two blocks; more of them make it faster. A connection that has nothing to do holds none, and all those
    /// whose clients pause in the middle of a request hold a quarter at most.
    /// </summary>
    public int Pages { get; init; } = 4096;
}

namespace DmIo.Nbd.Server;

/// <summary>A device, or several devices with the same data, that a server offers to NBD clients. Immutable.</summary>
public sealed record NbdExport
{
    /// <summary>The name of the export: at most 4096 bytes of UTF-8 without NUL. An empty name denotes the default
    /// export.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The names of attached devices, 1 to 64. With several devices, every write, flush, trim and zeroing goes to all
    /// of them, and a read to the first that completes it. A device that fails is dropped until the export is added
    /// again. The devices must hold the same data when the export is added: nothing is copied between them. The
    /// smallest device determines the size. A trim is a hint: a device that fails it is kept, so the content of trimmed
    /// ranges may differ between devices, and between two reads. Zeroing is not a hint.
    /// </summary>
    public required IReadOnlyList<string> Devices { get; init; }

    /// <summary>Refuses writes, trims and zeroes. An export is also read-only if one of its devices is
    /// read-only.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>A description for lists of exports: at most 4096 bytes.</summary>
    public string Description { get; init; } = "";

    /// <summary>Clients that do not name an export use this one. A server has at most one.</summary>
    public bool IsDefault { get; init; }

    /// <summary>
    /// The size of the export's lease, in pages of 4096 bytes, at least 64. The lease is the memory for all requests of
    /// all connections, shared fairly between them, in blocks of 16 pages. Two blocks suffice for a request of any
    /// length, up to the maximum of 64 MiB; more blocks make it faster. An idle connection holds no block. Connections
    /// whose clients pause in the middle of a request hold at most a quarter of the pages in total.
    /// </summary>
    public int Pages { get; init; } = 4096;
}

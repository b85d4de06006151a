namespace DmIo.Nbd.Server;

/// <summary>A device that a server offers to NBD clients. Immutable.</summary>
public sealed record NbdExport
{
    /// <summary>The name of the export: at most 4096 bytes of UTF-8 without NUL. An empty name denotes the default
    /// export.</summary>
    public required string Name { get; init; }

    /// <summary>The name of an attached device. Several copies of the data are a volume (DmIo.Volumes), which is one
    /// device.</summary>
    public required string Device { get; init; }

    /// <summary>Refuses writes, trims and zeroes. An export is also read-only if its device is.</summary>
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

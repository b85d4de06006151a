using DmIo.Io;

namespace DmIo.Devices;

/// <summary>How <see cref="FileDevice.Open"/> opens a file or a block device.</summary>
public sealed record FileDeviceOptions
{
    /// <summary>A regular file, or on Linux a block device. Symbolic links are followed.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// Open for reading only. Several read-only devices may share one file; a writer shares it with nobody.
    /// </summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// Create a missing file with that many sectors, all zero and not yet allocated. A file that exists must have at
    /// least as many, and is neither truncated nor extended: the device is the whole of it. Null: the file must exist.
    /// </summary>
    public SectorCount? CreateSize { get; init; }
}

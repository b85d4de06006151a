using DmIo.Io;
using DmIo.Native;

namespace DmIo.Devices.Files;

/// <summary>How <see cref="FileDevice.Open"/> opens a file or a block device.</summary>
public sealed record FileDeviceOptions
{
    /// <summary>A regular file, or on Linux a block device. Symbolic links are followed.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// Opens the file for reading only. Several read-only devices may share one file; a writable device does not share
    /// its file.
    /// </summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// Creates a missing file with this size, a multiple of 512 bytes; the file reads as zero and has no space
    /// allocated. An existing file must be at least as large, and is neither truncated nor extended: the device covers
    /// the whole file. Null: the file must exist.
    /// </summary>
    public ByteSize? CreateSize { get; init; }

    /// <summary>
    /// How operations are served. Null: inline on a file system in memory (tmpfs), otherwise by io_uring if the kernel
    /// supports it, otherwise by threads. <see cref="ServiceMode.Inline"/> also works on a disk, but blocks the thread
    /// of the device actor for as long as the disk takes. <see cref="ServiceMode.Own"/> is refused.
    /// </summary>
    public ServiceMode? Mode { get; init; }

    /// <summary>
    /// Bypasses the page cache (direct I/O), on 64-bit Linux. Regions must then start and end on the blocks of the file
    /// or disk (<see cref="DeviceDescription.BlockSize"/>); memory that is not aligned to
    /// <see cref="DeviceDescription.MemoryAlignment"/> is copied. Direct writes, too, are durable only after a flush,
    /// because the disk has its own cache.
    /// </summary>
    public bool IsDirect { get; init; }

    /// <summary>
    /// After a failed flush, drops the page cache of the file (POSIX_FADV_DONTNEED) and allows reads, on 64-bit Linux:
    /// reads return the contents of the disk, without the writes that were lost. All other operations fail until the
    /// device is reopened. Not for a copy of a mirrored export, where such reads would return old data while the other
    /// copies are current.
    /// </summary>
    public bool ReadsAfterFailure { get; init; }

    /// <summary>The number of operations in flight at a time, at least 1: determines the size of the ring or the number
    /// of threads.</summary>
    public int QueueDepth { get; init; } = 32;

    /// <exception cref="DeviceOpenException">The first invalid option.</exception>
    internal void Check()
    {
        if (string.IsNullOrEmpty(Path))
        {
            throw new DeviceOpenException(string.Empty, "the path is empty.");
        }

        if (Path.Contains('\0', StringComparison.Ordinal))
        {
            throw new DeviceOpenException(Path, "the path has a NUL in it, which ends it for the system.");
        }

        if (CreateSize is { } size && (size.Bytes == 0 || !size.IsWholeSectors))
        {
            throw new DeviceOpenException(
                Path,
                $"a size of {size.Bytes} bytes is not possible; give a multiple of {Sector.SizeBytes}, at least "
                + $"{Sector.SizeBytes}.");
        }

        if (CreateSize is not null && IsReadOnly)
        {
            throw new DeviceOpenException(
                Path, "a read-only device cannot be created; leave out one of the two.");
        }

        if (ReadsAfterFailure && !LinuxNative.IsAvailable)
        {
            throw new DeviceOpenException(
                Path, "reads after a failure need 64-bit Linux, which can drop its cache; leave them off.");
        }

        if (QueueDepth < 1)
        {
            throw new DeviceOpenException(
                Path, $"a queue depth of {QueueDepth} is not possible; give 1 or more.");
        }
    }
}

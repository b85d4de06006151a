using DmIo.Io;
using DmIo.Native;

namespace DmIo.Devices.Files;

/// <summary>How <see cref="FileDevice.Open"/> opens a file or a block device.</summary>
public sealed record FileDeviceOptions
{
    /// <summary>A regular file, or on Linux a block device. Symbolic links are followed.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// Open for reading only. Several read-only devices may share one file; a writer does not share its file.
    /// </summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// Create a missing file of this size, a multiple of 512 bytes, all zero and not yet allocated. A file that exists
    /// must be at least as large, and is neither truncated nor extended: the device is the whole of it. Null: the file
    /// must exist.
    /// </summary>
    public ByteSize? CreateSize { get; init; }

    /// <summary>
    /// How operations are served. Null: inline on a file system in memory (tmpfs), else by io_uring where the kernel
    /// has it, else by threads. <see cref="ServiceMode.Inline"/> on a disk works, and blocks the thread of its device
    /// actor for as long as the disk takes. <see cref="ServiceMode.Own"/> is refused.
    /// </summary>
    public ServiceMode? Mode { get; init; }

    /// <summary>
    /// Past the page cache, on 64-bit Linux. Regions then start and end on the blocks of the file or disk
    /// (<see cref="DeviceDescription.BlockSize"/>); memory that is not aligned to
    /// <see cref="DeviceDescription.MemoryAlignment"/> is copied. Writes are durable after a flush, as others:
    /// the disk has a cache of its own.
    /// </summary>
    public bool IsDirect { get; init; }

    /// <summary>
    /// After a failed flush, the page cache of the file is dropped (POSIX_FADV_DONTNEED) and the file can still be
    /// read, on 64-bit Linux: what reads return is what the disk holds, without the writes that were lost. Everything
    /// else fails until the device is reopened. Not for a copy of a mirrored export, where it would return old data
    /// beside current copies.
    /// </summary>
    public bool ReadsAfterFailure { get; init; }

    /// <summary>How many operations will be in flight at a time, at least 1: sizes the ring, or the number of
    /// threads.</summary>
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

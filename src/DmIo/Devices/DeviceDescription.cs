using DmIo.Io;
using DmIo.Native;

namespace DmIo.Devices;

/// <summary>The properties of a device and the limits of one call. Linux: queue limits.</summary>
public sealed record DeviceDescription
{
    /// <summary>The most segments that one vectored system call takes (IOV_MAX).</summary>
    public const int SegmentsPerSystemCall = 1024;

    private static readonly ByteSize LargestUnit = ByteSize.FromGiB(1);

    /// <summary>The backend, in a word: <c>memory</c>, <c>file</c>, <c>block</c>, <c>null</c>.</summary>
    public required string Backend { get; init; }

    /// <summary>The size of the device, a multiple of 512 bytes. It never grows.</summary>
    public required ByteSize Capacity { get; init; }

    /// <summary>The device takes no writes, discards or zeroes.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Smallest unit of I/O: a power of two, 512 bytes to 1 GiB. Regions must start and end on it.</summary>
    public ByteSize BlockSize { get; init; } = ByteSize.FromBytes(Sector.SizeBytes);

    /// <summary>The longest read or write call; longer ones are split. A multiple of
    /// <see cref="BlockSize"/>.</summary>
    public ByteSize MaxTransfer { get; init; } = ByteSize.FromGiB(1);

    /// <summary>The most segments of one read or write call; more are split.</summary>
    public int MaxSegments { get; init; } = SegmentsPerSystemCall;

    /// <summary>The longest discard call; longer ones are split; 0: the device has no discard.</summary>
    public ByteSize MaxDiscard { get; init; }

    /// <summary>The longest write-zeroes call; longer ones are split; 0: the device has no write
    /// zeroes.</summary>
    public ByteSize MaxWriteZeroes { get; init; }

    /// <summary>Zeroing costs less than writing zeroes, at least for some sectors and in one way of
    /// <see cref="WriteZeroesFlags"/>. Without it, <see cref="WriteZeroesFlags.NoFallback"/> is Unsupported.</summary>
    public bool HasFastWriteZeroes { get; init; }

    /// <summary>Single writes can be made durable. Without it, a FUA write is a write and a flush.</summary>
    public bool HasForceUnitAccess { get; init; }

    /// <summary>The device has a volatile cache. Without one, a flush has nothing to do and succeeds without a
    /// call.</summary>
    public bool HasVolatileCache { get; init; } = true;

    /// <summary>After a failed flush the device is still read, once its cache is dropped
    /// (<c>FileDeviceOptions.ReadsAfterFailure</c>).</summary>
    public bool ReadsAfterFailure { get; init; }

    /// <summary>How operations are served.</summary>
    public ServiceMode Mode { get; init; }

    /// <summary>
    /// Direct I/O: segments must begin in memory at a multiple of it, a power of two up to 1 GiB; 1 byte: anywhere.
    /// Backends take others as well, through <see cref="BouncePages"/>, at the cost of a copy.
    /// </summary>
    public ByteSize MemoryAlignment { get; init; } = ByteSize.FromBytes(1);

    /// <summary>How many pages of the pool the device requests for itself
    /// (<see cref="DeviceHost.BouncePages"/>).</summary>
    public int BouncePages { get; init; }

    /// <summary>
    /// Bytes at the end of the file or disk that are not part of the device, since they fill no sector (direct I/O: no
    /// block): 0 to <see cref="BlockSize"/> - 1. They are neither read nor written.
    /// </summary>
    public int TailBytes { get; init; }

    /// <summary>The file or block device behind the device; null: none.</summary>
    internal FileIdentity? Identity { get; init; }

    /// <summary>The most bytes of one call of the operation; 0: the operation has no range, or the device does not
    /// support it.</summary>
    internal ByteSize LimitOf(IoOperation operation) => operation switch
    {
        IoOperation.Read or IoOperation.Write => MaxTransfer,
        IoOperation.Flush => default,
        IoOperation.Discard => MaxDiscard,
        IoOperation.WriteZeroes => MaxWriteZeroes,
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, null),
    };

    /// <summary>The first invalid property, in one sentence with its value; null if all are valid.</summary>
    internal string? Fault() => this switch
    {
        { Capacity.IsWholeSectors: false } =>
            $"Its capacity is {Capacity.Bytes} bytes; it must be a multiple of {Sector.SizeBytes}.",
        _ when !IsPowerOfTwo(BlockSize, Sector.SizeBytes) =>
            $"Its block size is {BlockSize.Bytes} bytes; it must be a power of two, {Sector.SizeBytes} to "
            + $"{LargestUnit.Bytes}.",
        _ when MaxTransfer < BlockSize =>
            $"Its longest transfer is {MaxTransfer.Bytes} bytes, shorter than its block of {BlockSize.Bytes}.",
        { MaxSegments: < 1 } => $"It takes {MaxSegments} segments at a time; at least 1 is needed.",
        _ when !IsPowerOfTwo(MemoryAlignment, 1) =>
            $"Its memory alignment is {MemoryAlignment.Bytes} bytes; it must be a power of two, 1 to "
            + $"{LargestUnit.Bytes}.",
        { BouncePages: < 0 } => $"It wants {BouncePages} pages; 0 means none.",
        { TailBytes: < 0 } => $"It leaves {TailBytes} bytes out at its end; 0 means none.",
        _ => null,
    };

    /// <exception cref="ArgumentOutOfRangeException">A device in memory can't have that capacity.</exception>
    internal static void RequireCapacity(ByteSize capacity, ByteSize most)
    {
        if (capacity.Bytes == 0 || !capacity.IsWholeSectors || capacity > most)
        {
            throw new ArgumentOutOfRangeException(
                nameof(capacity),
                capacity.Bytes,
                $"A capacity is a multiple of {Sector.SizeBytes} bytes, {Sector.SizeBytes} to {most.Bytes} bytes.");
        }
    }

    private static bool IsPowerOfTwo(ByteSize size, long leastBytes) =>
        size.Bytes >= leastBytes && size <= LargestUnit && long.IsPow2(size.Bytes);
}

/// <summary>How a device's operations are served: a declared property of its backend, shown by <c>dmio
/// devices</c>.</summary>
public enum ServiceMode
{
    /// <summary>The backend's own way; operations complete when they complete, on any thread.</summary>
    Own,

    /// <summary>
    /// Before the call returns, on the caller's thread: for stores that never wait (memory, page cache on tmpfs), where
    /// a hop to another thread costs more than the copy.
    /// </summary>
    Inline,

    /// <summary>Linux io_uring: calls are gathered, and sent to the kernel together.</summary>
    Ring,

    /// <summary>A bounded set of threads that belong to the device, one blocking system call each.</summary>
    Threads,
}

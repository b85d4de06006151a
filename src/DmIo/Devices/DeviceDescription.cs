using DmIo.Io;
using DmIo.Native;

namespace DmIo.Devices;

/// <summary>The properties of a device, and the limits of one call to it (Linux: queue limits).</summary>
public sealed record DeviceDescription
{
    /// <summary>The largest number of segments in one vectored system call (IOV_MAX).</summary>
    public const int SegmentsPerSystemCall = 1024;

    private static readonly ByteSize LargestUnit = ByteSize.FromGiB(1);

    /// <summary>The name of the backend: <c>memory</c>, <c>file</c>, <c>block</c>, <c>null</c>.</summary>
    public required string Backend { get; init; }

    /// <summary>The size of the device, a multiple of 512 bytes. It never shrinks, and grows only if the device says so
    /// (<see cref="DeviceHost.Grown"/>): files and disks do not.</summary>
    public required ByteSize Capacity { get; init; }

    /// <summary>The device rejects writes, discards and zeroes.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>The smallest unit of I/O: a power of two, 512 bytes to 1 GiB. Regions must start and end on multiples
    /// of it.</summary>
    public ByteSize BlockSize { get; init; } = ByteSize.FromBytes(Sector.SizeBytes);

    /// <summary>The largest read or write call; larger ones are split. A multiple of <see cref="BlockSize"/>.</summary>
    public ByteSize MaxTransfer { get; init; } = ByteSize.FromGiB(1);

    /// <summary>The largest number of segments in one read or write call; calls with more segments are split.</summary>
    public int MaxSegments { get; init; } = SegmentsPerSystemCall;

    /// <summary>The largest discard call; larger ones are split. 0: the device does not support discard.</summary>
    public ByteSize MaxDiscard { get; init; }

    /// <summary>The largest write-zeroes call; larger ones are split. 0: the device does not support write
    /// zeroes.</summary>
    public ByteSize MaxWriteZeroes { get; init; }

    /// <summary>Zeroing costs less than writing zeroes, at least for some sectors and with some value of
    /// <see cref="WriteZeroesFlags"/>. If false, <see cref="WriteZeroesFlags.NoFallback"/> is Unsupported.</summary>
    public bool HasFastWriteZeroes { get; init; }

    /// <summary>A single write can be made durable (FUA). If false, a FUA write is executed as a write and a
    /// flush.</summary>
    public bool HasForceUnitAccess { get; init; }

    /// <summary>The device has a volatile cache. Without a volatile cache, a flush succeeds without a call to the
    /// device.</summary>
    public bool HasVolatileCache { get; init; } = true;

    /// <summary>While the device is open, no other process can write to its store: the store is locked, or is memory of
    /// this process.</summary>
    public bool IsExclusive { get; init; }

    /// <summary>After a failed flush the device can still be read, once its cache has been dropped
    /// (<c>FileDeviceOptions.ReadsAfterFailure</c>).</summary>
    public bool ReadsAfterFailure { get; init; }

    /// <summary>How operations are served.</summary>
    public ServiceMode Mode { get; init; }

    /// <summary>
    /// The alignment that direct I/O requires of the memory of segments, a power of two up to 1 GiB; 1 byte: no
    /// requirement. Backends also accept unaligned memory, which they copy through <see cref="BouncePages"/>.
    /// </summary>
    public ByteSize MemoryAlignment { get; init; } = ByteSize.FromBytes(1);

    /// <summary>The number of pages that the device requests from the pool for its own use
    /// (<see cref="DeviceHost.BouncePages"/>).</summary>
    public int BouncePages { get; init; }

    /// <summary>
    /// Bytes at the end of the file or disk that are not part of the device, because they do not fill a sector (direct
    /// I/O: a block): 0 to <see cref="BlockSize"/> - 1. They are neither read nor written.
    /// </summary>
    public int TailBytes { get; init; }

    /// <summary>The file or block device that backs the device; null: none.</summary>
    internal FileIdentity? Identity { get; init; }

    /// <summary>The most bytes of one call of the operation; 0: the operation has no range, or the device does not
    /// support it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown.</exception>
    public ByteSize LimitOf(IoOperation operation) => operation switch
    {
        IoOperation.Read or IoOperation.Write => MaxTransfer,
        IoOperation.Flush => default,
        IoOperation.Discard => MaxDiscard,
        IoOperation.WriteZeroes => MaxWriteZeroes,
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, null),
    };

    /// <summary>The name of the property that <see cref="LimitOf"/> returns.</summary>
    internal static string LimitNameOf(IoOperation operation) =>
        operation is IoOperation.Read or IoOperation.Write ? nameof(MaxTransfer) : $"Max{operation}";

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

    /// <exception cref="ArgumentOutOfRangeException">A device in memory cannot have that capacity.</exception>
    internal static void RequireCapacity(ByteSize capacity, ByteSize max)
    {
        if (capacity.Bytes == 0 || !capacity.IsWholeSectors || capacity > max)
        {
            throw new ArgumentOutOfRangeException(
                nameof(capacity),
                capacity.Bytes,
                $"A capacity is a multiple of {Sector.SizeBytes} bytes, {Sector.SizeBytes} to {max.Bytes} bytes.");
        }
    }

    private static bool IsPowerOfTwo(ByteSize size, long minBytes) =>
        size.Bytes >= minBytes && size <= LargestUnit && long.IsPow2(size.Bytes);
}

/// <summary>How the operations of a device are served: a declared property of its backend, shown by <c>dmio
/// devices</c>.</summary>
public enum ServiceMode
{
    /// <summary>Defined by the backend: operations complete at any time, on any thread.</summary>
    Own,

    /// <summary>
    /// On the caller's thread, before the call returns: for stores that never block (memory, page cache on tmpfs),
    /// where a switch to another thread costs more than the copy.
    /// </summary>
    Inline,

    /// <summary>Linux io_uring: calls are gathered and submitted to the kernel together.</summary>
    Ring,

    /// <summary>A bounded set of threads that belong to the device, each with one blocking system call at a
    /// time.</summary>
    Threads,
}

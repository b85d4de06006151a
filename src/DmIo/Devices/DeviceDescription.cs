using DmIo.Io;

namespace DmIo.Devices;

/// <summary>What a device is and what one call to it may ask. Linux's queue limits.</summary>
public sealed record DeviceDescription
{
    /// <summary>The most segments that one vectored system call takes (IOV_MAX).</summary>
    public const int SegmentsPerSystemCall = 1024;

    /// <summary>The backend, in a word: <c>memory</c>, <c>file</c>, <c>block</c>, <c>null</c>.</summary>
    public required string Backend { get; init; }

    /// <summary>Sectors on the device. It never grows.</summary>
    public required SectorCount Capacity { get; init; }

    /// <summary>The device takes no writes, discards or zeroes.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Smallest unit of I/O in bytes: a power of two, at least 512. Regions must start and end on
    /// it.</summary>
    public int BlockSizeBytes { get; init; } = Sector.SizeBytes;

    /// <summary>The most bytes of one read or write call; longer ones are split. A multiple of
    /// <see cref="BlockSizeBytes"/>.</summary>
    public long MaxTransferBytes { get; init; } = 1L << 30;

    /// <summary>The most segments of one read or write call; more are split.</summary>
    public int MaxSegments { get; init; } = SegmentsPerSystemCall;

    /// <summary>The most sectors of one discard call; longer ones are split; 0: the device has no discard.</summary>
    public SectorCount MaxDiscard { get; init; }

    /// <summary>The most sectors of one write-zeroes call; longer ones are split; 0: the device has no write
    /// zeroes.</summary>
    public SectorCount MaxWriteZeroes { get; init; }

    /// <summary>Sectors can be zeroed for less than it costs to write them, at least some of them, and in one of the
    /// ways of <see cref="WriteZeroesFlags"/>. Where they can't, <see cref="WriteZeroesFlags.NoFallback"/> is
    /// Unsupported.</summary>
    public bool HasFastWriteZeroes { get; init; }

    /// <summary>Writes can be made durable one by one. Where they can't, a FUA write is a write and a
    /// flush.</summary>
    public bool HasForceUnitAccess { get; init; }

    /// <summary>The device has a volatile cache. Where it has none, a flush has nothing to do and succeeds without a
    /// call.</summary>
    public bool HasVolatileCache { get; init; } = true;

    /// <summary>After a failed flush the device is still read, once its cache is dropped
    /// (<see cref="FileDeviceOptions.ReadsAfterFailure"/>).</summary>
    public bool ReadsAfterFailure { get; init; }

    /// <summary>How operations are served.</summary>
    public ServiceMode Mode { get; init; }

    /// <summary>
    /// Direct I/O: where segments must begin in memory, in bytes, a power of two; 1: anywhere. Backends take others as
    /// well, through <see cref="BouncePages"/>, at the cost of a copy.
    /// </summary>
    public int MemoryAlignmentBytes { get; init; } = 1;

    /// <summary>How many pages of the pool the device wants for itself
    /// (<see cref="DeviceHost.BouncePages"/>).</summary>
    public int BouncePages { get; init; }

    /// <summary>
    /// Bytes at the end of the file or disk that are not part of the device, since they fill no sector (direct I/O: no
    /// block): 0 to <see cref="BlockSizeBytes"/> - 1. They are neither read nor written.
    /// </summary>
    public int TailBytes { get; init; }

    /// <summary>Which file or block device it is; null: none.</summary>
    internal FileIdentity? Identity { get; init; }

    /// <summary>What in it no device can be, as one sentence that names the value; null where nothing is.</summary>
    internal string? Fault() => this switch
    {
        { Capacity.Value: < 0 or > SectorCount.MaxValue } =>
            $"Its capacity is {Capacity} sectors; 0 to {SectorCount.MaxValue} is possible.",
        _ when BlockSizeBytes < Sector.SizeBytes || !System.Numerics.BitOperations.IsPow2(BlockSizeBytes) =>
            $"Its block size is {BlockSizeBytes} bytes; it must be a power of two, at least {Sector.SizeBytes}.",
        _ when MaxTransferBytes < BlockSizeBytes =>
            $"Its longest transfer is {MaxTransferBytes} bytes, shorter than its block of {BlockSizeBytes}.",
        { MaxSegments: < 1 } => $"It takes {MaxSegments} segments at a time; at least 1 is needed.",
        _ when MemoryAlignmentBytes < 1 || !System.Numerics.BitOperations.IsPow2(MemoryAlignmentBytes) =>
            $"Its memory alignment is {MemoryAlignmentBytes} bytes; it must be a power of two, at least 1.",
        { BouncePages: < 0 } => $"It wants {BouncePages} pages; 0 means none.",
        { TailBytes: < 0 } => $"It leaves {TailBytes} bytes out at its end; 0 means none.",
        { MaxDiscard.Value: < 0 } => $"Its longest discard is {MaxDiscard} sectors; 0 means that it has none.",
        { MaxWriteZeroes.Value: < 0 } => $"Its longest zeroing is {MaxWriteZeroes} sectors; 0 means that it has none.",
        _ => null,
    };
}

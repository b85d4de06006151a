using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices;

/// <summary>
/// One operation on a device: the same value describes a region of a request, an operation of the device's queue, and a
/// call of <see cref="IBlockDevice.SubmitAsync"/>. The traits of its kind (<see cref="IoOperationTraits"/>) say which
/// properties it has; all others have their default values.
/// </summary>
public readonly record struct DeviceOperation
{
    internal DeviceOperation(IoOperation kind, Sector start, SectorCount count)
    {
        Kind = kind;
        if (kind.HasRange())
        {
            (Start, Count) = (start, count);
        }
    }

    private DeviceOperation(IoOperation kind, Sector start, SegmentBatch data)
        : this(kind, start, CountOf(data)) => Data = data;

    /// <summary>The operation.</summary>
    public IoOperation Kind { get; init; }

    /// <summary>The first sector; 0 if the operation has no range.</summary>
    public Sector Start { get; init; }

    /// <summary>The number of sectors; 0 if the operation has no range.</summary>
    public SectorCount Count { get; init; }

    /// <summary>The memory of a read or write; null for other operations, and for an operation that is not yet a call
    /// of a device.</summary>
    public SegmentBatch? Data { get; init; }

    /// <summary>The operation is durable when it completes (FUA).</summary>
    public bool ForceUnitAccess { get; init; }

    /// <summary>On a file that was truncated while it was open, the operation ends as Truncated instead of extending
    /// the file again (R13). Ignored by operations that change no sectors.</summary>
    public bool NoExtend { get; init; }

    /// <summary>The method of zeroing.</summary>
    public WriteZeroesFlags Zeroing { get; init; }

    /// <summary>The memory of an operation with data.</summary>
    internal SegmentBatch Batch => Data!;

    /// <summary>The first byte.</summary>
    public long OffsetBytes => Start.Value * Sector.SizeBytes;

    /// <summary>The number of bytes; for data that is not whole sectors, its exact length.</summary>
    public long LengthBytes => Data is { } data ? data.LengthBytes : Count.Bytes;

    /// <summary>A flush, or a durable operation.</summary>
    internal bool IsSync => ForceUnitAccess || Kind == IoOperation.Flush;

    /// <summary>A read into <paramref name="destination"/>.</summary>
    public static DeviceOperation Read(Sector start, SegmentBatch destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return new DeviceOperation(IoOperation.Read, start, destination);
    }

    /// <summary>A write of <paramref name="source"/>.</summary>
    /// <param name="start">The first sector.</param>
    /// <param name="source">The data.</param>
    /// <param name="forceUnitAccess">The write is durable when it completes (FUA).</param>
    public static DeviceOperation Write(Sector start, SegmentBatch source, bool forceUnitAccess = false)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new DeviceOperation(IoOperation.Write, start, source) { ForceUnitAccess = forceUnitAccess };
    }

    /// <summary>A flush.</summary>
    public static DeviceOperation Flush() => new(IoOperation.Flush, 0, 0);

    /// <summary>A discard.</summary>
    public static DeviceOperation Discard(Sector start, SectorCount count) => new(IoOperation.Discard, start, count);

    /// <summary>A write-zeroes operation.</summary>
    public static DeviceOperation WriteZeroes(
        Sector start, SectorCount count, WriteZeroesFlags flags = WriteZeroesFlags.None) =>
        new(IoOperation.WriteZeroes, start, count) { Zeroing = flags };

    /// <summary>The same operation with other data, from the same sector on.</summary>
    public DeviceOperation With(SegmentBatch data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return this with { Data = data, Count = CountOf(data) };
    }

    /// <summary>Describes the operation, as the beginning of a sentence: <c>Writing 4096 bytes at
    /// sector 8</c>.</summary>
    public override string ToString()
    {
        if (!Kind.HasRange())
        {
            return Kind.Doing();
        }

        return Kind.HasData()
            ? $"{Kind.Doing()} {LengthBytes} bytes at sector {Start}"
            : $"{Kind.Doing()} {Count} sectors from sector {Start} on";
    }

    private static SectorCount CountOf(SegmentBatch data) =>
        (data.LengthBytes + Sector.SizeBytes - 1) / Sector.SizeBytes;
}

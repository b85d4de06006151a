using DmIo.Io;

namespace DmIo.Devices;

/// <summary>
/// A device that stores nothing, like <c>/dev/null</c> with a size: writes are discarded, reads return zeroes, and all
/// other operations succeed. For measuring the cost of the code in front of the device. Every operation completes
/// before its call returns.
/// </summary>
public sealed class NullDevice : IBlockDevice
{
    /// <summary>Creates a device of a size.</summary>
    /// <param name="capacity">The size: a multiple of 512 bytes, at least 512 bytes.</param>
    public NullDevice(ByteSize capacity)
    {
        DeviceDescription.RequireCapacity(capacity, ByteSize.FromSectors(SectorCount.MaxValue));
        Description = new DeviceDescription
        {
            Backend = "null",
            Mode = ServiceMode.Inline,
            Capacity = capacity,
            MaxDiscard = capacity,
            MaxWriteZeroes = capacity,
            HasFastWriteZeroes = true,
            HasVolatileCache = false,
            IsExclusive = true,
        };
    }

    /// <inheritdoc/>
    public DeviceDescription Description { get; }

    /// <inheritdoc/>
    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
    {
        if (operation.Kind.FillsMemory())
        {
            operation.Batch.ZeroFrom(0);
        }

        return new(TransferResult.Moved(operation.LengthBytes));
    }

    /// <inheritdoc/>
    public IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max) =>
        [new DeviceExtent(count, ExtentKind.Hole)];

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;
}

using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Volumes.Actors;

/// <summary>A volume as a device: its capacity grows, all else stays. Thread-safe; one thread at a time changes
/// it.</summary>
internal sealed class VolumeDescription
{
    private volatile DeviceDescription current;

    /// <param name="size">The size of the volume.</param>
    /// <param name="blockSize">The largest block of its legs.</param>
    internal VolumeDescription(ByteSize size, ByteSize blockSize)
    {
        // One operation is bounded, because its regions are locked together.
        var maxRange = ByteSize.FromGiB(1);
        current = new DeviceDescription
        {
            Backend = "volume",
            Capacity = CapacityOf(size, blockSize),
            BlockSize = blockSize,
            MaxTransfer = ByteSize.FromMiB(16),
            MaxDiscard = maxRange,
            MaxWriteZeroes = maxRange,
            HasForceUnitAccess = true,
            HasVolatileCache = true,
            IsExclusive = true,
        };
    }

    internal DeviceDescription Current => current;

    /// <summary>The sectors of a volume of a size: whole blocks of its legs.</summary>
    internal long SectorsOf(ByteSize size) => CapacityOf(size, current.BlockSize).Sectors.Value;

    /// <summary>The volume has a size; true: its capacity has grown.</summary>
    internal bool Grow(ByteSize size)
    {
        var capacity = CapacityOf(size, current.BlockSize);
        if (capacity <= current.Capacity)
        {
            return false;
        }

        current = current with { Capacity = capacity };
        return true;
    }

    private static ByteSize CapacityOf(ByteSize size, ByteSize blockSize) =>
        ByteSize.FromBytes(size.Bytes / blockSize.Bytes * blockSize.Bytes);
}

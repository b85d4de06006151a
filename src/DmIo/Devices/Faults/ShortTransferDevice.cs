using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Faults;

/// <summary>
/// A device that transfers less than requested, by a seeded draw: at least one block, so that a caller that continues
/// finishes; and also parts of a block, if the backend takes any length.
/// </summary>
public sealed class ShortTransferDevice : DeviceDecorator
{
    private readonly Lock gate = new();
    private readonly Random random;
    private readonly bool cutsMidBlock;

    /// <summary>Puts it in front of a device.</summary>
    /// <param name="inner">The device, which becomes this one's.</param>
    /// <param name="seed">Of the draw. Print it where a test fails.</param>
    /// <param name="cutsMidBlock">A transfer may end inside a block. The inner device has to take any length.</param>
    public ShortTransferDevice(IBlockDevice inner, int seed, bool cutsMidBlock = true)
        : base(inner)
    {
        random = new Random(seed);
        this.cutsMidBlock = cutsMidBlock;
    }

    /// <inheritdoc/>
    public override ValueTask<TransferResult> ReadAsync(Sector start, SegmentBatch destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return base.ReadAsync(start, Shorten(destination));
    }

    /// <inheritdoc/>
    public override ValueTask<TransferResult> WriteAsync(Sector start, SegmentBatch source, bool forceUnitAccess)
    {
        ArgumentNullException.ThrowIfNull(source);
        return base.WriteAsync(start, Shorten(source), forceUnitAccess);
    }

    private SegmentBatch Shorten(SegmentBatch whole)
    {
        var block = Description.BlockSize.Bytes;
        long lengthBytes;
        lock (gate)
        {
            if (whole.LengthBytes <= block || random.Next(2) == 0)
            {
                return whole;
            }

            lengthBytes = random.NextInt64(block, whole.LengthBytes);
        }

        var part = new SegmentBatch();
        part.AddFrom(whole, skipBytes: 0, cutsMidBlock ? lengthBytes : lengthBytes - (lengthBytes % block));
        return part;
    }
}

using DmIo.Memory;

namespace DmIo.Devices.Faults;

/// <summary>
/// A device that transfers fewer bytes than requested, a random number from a seed: at least one block, so that a
/// caller that continues short transfers finishes. If the backend accepts any length, a transfer can also end inside a
/// block.
/// </summary>
public sealed class ShortTransferDevice : DeviceDecorator
{
    private readonly Lock gate = new();
    private readonly Random random;
    private readonly bool cutsMidBlock;

    /// <summary>Wraps a device.</summary>
    /// <param name="inner">The inner device; disposed of with this one.</param>
    /// <param name="seed">The seed of the random numbers. Print it when a test fails.</param>
    /// <param name="cutsMidBlock">True: a transfer may end inside a block. The inner device must accept any
    /// length.</param>
    public ShortTransferDevice(IBlockDevice inner, int seed, bool cutsMidBlock = true)
        : base(inner)
    {
        random = new Random(seed);
        this.cutsMidBlock = cutsMidBlock;
    }

    /// <inheritdoc/>
    public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) =>
        base.SubmitAsync(operation.Data is { } data ? operation.With(Shorten(data)) : operation);

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

using DmIo.Io;

namespace DmIo.Devices.Faults;

/// <summary>
/// A device with a restricted description: less capacity, smaller limits, larger blocks, fewer abilities, or read-only.
/// The description may not promise more than the inner device supports, except durable writes: the device follows each
/// of them with a flush.
/// </summary>
/// <example><code>
///   new LimitedDevice(disk, description => description with { MaxSegments = 2, IsReadOnly = true })
/// </code></example>
public sealed class LimitedDevice : DeviceDecorator
{
    /// <summary>Wraps a device.</summary>
    /// <param name="inner">The inner device; disposed of with this one.</param>
    /// <param name="limit">Converts the description of the inner device to the description of this device.</param>
    /// <exception cref="ArgumentException"> The description promises more than the inner device supports; the message
    /// names the property.
    /// </exception>
    public LimitedDevice(IBlockDevice inner, Func<DeviceDescription, DeviceDescription> limit)
        : base(inner)
    {
        ArgumentNullException.ThrowIfNull(limit);
        Description = limit(inner.Description);
        Check(Description, inner.Description);
    }

    /// <inheritdoc/>
    public override DeviceDescription Description { get; }

    /// <inheritdoc/>
    public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) =>
        operation.ForceUnitAccess && !Inner.Description.HasForceUnitAccess
            ? WriteAndFlushAsync(operation)
            : base.SubmitAsync(operation);

    private static void Check(DeviceDescription ours, DeviceDescription inner)
    {
        Require(ours.Capacity <= inner.Capacity, nameof(ours.Capacity));
        Require(ours.IsReadOnly || !inner.IsReadOnly, nameof(ours.IsReadOnly));
        foreach (var operation in IoOperationTraits.All)
        {
            Require(ours.LimitOf(operation) <= inner.LimitOf(operation), DeviceDescription.LimitNameOf(operation));
        }

        Require(!ours.HasFastWriteZeroes || inner.HasFastWriteZeroes, nameof(ours.HasFastWriteZeroes));
        Require(ours.HasVolatileCache || !inner.HasVolatileCache, nameof(ours.HasVolatileCache));
        Require(
            ours.BlockSize >= inner.BlockSize && long.IsPow2(ours.BlockSize.Bytes), nameof(ours.BlockSize));
        Require(ours.MaxTransfer >= ours.BlockSize, nameof(ours.MaxTransfer));
        Require(ours.MaxSegments >= 1 && ours.MaxSegments <= inner.MaxSegments, nameof(ours.MaxSegments));
    }

    private static void Require(bool isKept, string member)
    {
        if (!isKept)
        {
            throw new ArgumentException(
                $"{member} promises what the inner device does not keep, or makes no sense.", member);
        }
    }

    private async ValueTask<TransferResult> WriteAndFlushAsync(DeviceOperation operation)
    {
        var result = await Inner.SubmitAsync(operation with { ForceUnitAccess = false });
        if (!result.Status.IsOk || !Inner.Description.HasVolatileCache)
        {
            return result;
        }

        var flushed = await Inner.SubmitAsync(DeviceOperation.Flush());
        return flushed.Status.IsOk ? result : TransferResult.Failed(flushed.Status);
    }
}

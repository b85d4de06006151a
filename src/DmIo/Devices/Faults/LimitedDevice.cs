using DmIo.Io;
using DmIo.Memory;

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
    public override ValueTask<TransferResult> WriteAsync(Sector start, SegmentBatch source, bool forceUnitAccess) =>
        forceUnitAccess && !Inner.Description.HasForceUnitAccess
            ? ThenFlushAsync(start, source)
            : base.WriteAsync(start, source, forceUnitAccess);

    private static void Check(DeviceDescription ours, DeviceDescription inner)
    {
        Require(ours.Capacity <= inner.Capacity, nameof(ours.Capacity));
        Require(ours.IsReadOnly || !inner.IsReadOnly, nameof(ours.IsReadOnly));
        Require(ours.MaxDiscard <= inner.MaxDiscard, nameof(ours.MaxDiscard));
        Require(ours.MaxWriteZeroes <= inner.MaxWriteZeroes, nameof(ours.MaxWriteZeroes));
        Require(!ours.HasFastWriteZeroes || inner.HasFastWriteZeroes, nameof(ours.HasFastWriteZeroes));
        Require(ours.HasVolatileCache || !inner.HasVolatileCache, nameof(ours.HasVolatileCache));
        Require(
            ours.BlockSize >= inner.BlockSize && long.IsPow2(ours.BlockSize.Bytes), nameof(ours.BlockSize));
        Require(
            ours.MaxTransfer >= ours.BlockSize && ours.MaxTransfer <= inner.MaxTransfer, nameof(ours.MaxTransfer));
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

    private async ValueTask<TransferResult> ThenFlushAsync(Sector start, SegmentBatch source)
    {
        var result = await base.WriteAsync(start, source, forceUnitAccess: false);
        if (!result.Status.IsOk || !Inner.Description.HasVolatileCache)
        {
            return result;
        }

        var status = await FlushAsync();
        return status.IsOk ? result : TransferResult.Failed(status);
    }
}

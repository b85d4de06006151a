using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Faults;

/// <summary>
/// A device with a description of your choice: less capacity, smaller limits, larger blocks, fewer abilities,
/// read-only. It may promise no more than the inner device keeps, except durable writes, which it makes with a flush
/// after each.
/// </summary>
/// <example><code>
///   new LimitedDevice(disk, description => description with { MaxSegments = 2, IsReadOnly = true })
/// </code></example>
public sealed class LimitedDevice : DeviceDecorator
{
    /// <summary>Puts it in front of a device.</summary>
    /// <param name="inner">The device, which becomes this one's.</param>
    /// <param name="limit">From the inner device's description to this one's.</param>
    /// <exception cref="ArgumentException">
    /// It would promise more than the inner device keeps; the message says what.
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

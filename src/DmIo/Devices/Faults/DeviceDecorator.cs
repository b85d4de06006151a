using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Faults;

/// <summary>
/// A device that wraps another one and passes every call on unchanged. Derive from it and override the members that
/// differ. Disposing it disposes the inner device.
/// </summary>
public abstract class DeviceDecorator : IBlockDevice
{
    /// <summary>Wraps <paramref name="inner"/>, which is disposed of with this device.</summary>
    protected DeviceDecorator(IBlockDevice inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        Inner = inner;
    }

    /// <inheritdoc/>
    public virtual DeviceDescription Description => Inner.Description;

    /// <summary>The wrapped device.</summary>
    protected IBlockDevice Inner { get; }

    /// <summary>
    /// The description of the inner device with a volatile cache: the service then calls flush, so that a flush can
    /// fail or wait even if the inner device has nothing to flush.
    /// </summary>
    private protected static DeviceDescription Flushed(IBlockDevice inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        return inner.Description with { HasVolatileCache = true };
    }

    /// <inheritdoc/>
    public virtual void Attach(DeviceHost host) => Inner.Attach(host);

    /// <inheritdoc/>
    public virtual void Poll() => Inner.Poll();

    /// <inheritdoc/>
    public virtual ValueTask<TransferResult> ReadAsync(Sector start, SegmentBatch destination) =>
        Inner.ReadAsync(start, destination);

    /// <inheritdoc/>
    public virtual ValueTask<TransferResult> WriteAsync(Sector start, SegmentBatch source, bool forceUnitAccess) =>
        Inner.WriteAsync(start, source, forceUnitAccess);

    /// <inheritdoc/>
    public virtual ValueTask<IoStatus> FlushAsync() => Inner.FlushAsync();

    /// <inheritdoc/>
    public virtual ValueTask<IoStatus> ConfirmAcceptedAsync() => Inner.ConfirmAcceptedAsync();

    /// <inheritdoc/>
    public virtual ValueTask<IoStatus> DropCacheAsync() => Inner.DropCacheAsync();

    /// <inheritdoc/>
    public virtual ValueTask<IoStatus> DiscardAsync(Sector start, SectorCount count) =>
        Inner.DiscardAsync(start, count);

    /// <inheritdoc/>
    public virtual ValueTask<IoStatus> WriteZeroesAsync(Sector start, SectorCount count, WriteZeroesFlags flags) =>
        Inner.WriteZeroesAsync(start, count, flags);

    /// <inheritdoc/>
    public virtual IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max) =>
        Inner.GetExtents(start, count, max);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Inner.DisposeAsync();
    }
}

/// <summary>A read or a write call to a device, which differ only in the method that is called.</summary>
internal readonly record struct DataCall(IBlockDevice Device, bool IsRead, bool ForceUnitAccess)
{
    internal ValueTask<TransferResult> IssueAsync(Sector start, SegmentBatch batch) =>
        IsRead ? Device.ReadAsync(start, batch) : Device.WriteAsync(start, batch, ForceUnitAccess);
}

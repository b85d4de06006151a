using DmIo.Io;

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
    private protected static DeviceDescription WithVolatileCache(IBlockDevice inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        return inner.Description with { HasVolatileCache = true };
    }

    /// <inheritdoc/>
    public virtual void Attach(DeviceHost host) => Inner.Attach(host);

    /// <inheritdoc/>
    public virtual void Poll() => Inner.Poll();

    /// <inheritdoc/>
    public virtual ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) => Inner.SubmitAsync(operation);

    /// <inheritdoc/>
    public virtual ValueTask<IoStatus> ConfirmAcceptedAsync() => Inner.ConfirmAcceptedAsync();

    /// <inheritdoc/>
    public virtual ValueTask<IoStatus> DropCacheAsync() => Inner.DropCacheAsync();

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

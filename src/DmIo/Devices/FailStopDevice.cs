using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices;

/// <summary>
/// A device that stops at its first failed flush (R14): whatever is asked for afterwards is answered with DeviceFailed
/// and never reaches it. After a failed fsync Linux marks the pages clean, so that a later one's success proves nothing
/// (Rebello et al., ATC'20). A write that was to be durable by itself counts as a flush: its failure may have consumed
/// another write's error. The service puts one around each device that it attaches; attaching anew makes a new one.
/// </summary>
internal sealed class FailStopDevice : IBlockDevice
{
    private readonly IBlockDevice inner;
    private volatile IoFailure? failure;

    internal FailStopDevice(IBlockDevice inner) => this.inner = inner;

    /// <inheritdoc/>
    public DeviceDescription Description => inner.Description;

    /// <summary>Why it stopped; null while it runs.</summary>
    internal IoFailure? Failure => failure;

    /// <inheritdoc/>
    public void Attach(DeviceHost host) => inner.Attach(host);

    /// <inheritdoc/>
    public void Drive() => inner.Drive();

    /// <inheritdoc/>
    public bool Linger() => inner.Linger();

    /// <inheritdoc/>
    public ValueTask<TransferResult> ReadAsync(Sector start, SegmentBatch destination) =>
        failure is null ? inner.ReadAsync(start, destination) : new(TransferResult.Failed(Stopped()));

    /// <inheritdoc/>
    public ValueTask<TransferResult> WriteAsync(Sector start, SegmentBatch source, bool forceUnitAccess)
    {
        if (failure is not null)
        {
            return new(TransferResult.Failed(Stopped()));
        }

        return forceUnitAccess ? DurableWriteAsync(start, source) : inner.WriteAsync(start, source, forceUnitAccess);
    }

    /// <inheritdoc/>
    public async ValueTask<IoStatus> FlushAsync()
    {
        if (failure is not null)
        {
            return Stopped();
        }

        IoStatus status;
        try
        {
            status = await inner.FlushAsync();
        }
        catch (Exception exception)
        {
            status = Errno.StatusOf(exception, "The flush");
        }

        return Judge(status);
    }

    /// <inheritdoc/>
    public ValueTask<IoStatus> DiscardAsync(Sector start, SectorCount count) =>
        failure is null ? inner.DiscardAsync(start, count) : new(Stopped());

    /// <inheritdoc/>
    public ValueTask<IoStatus> WriteZeroesAsync(Sector start, SectorCount count, WriteZeroesFlags flags) =>
        failure is null ? inner.WriteZeroesAsync(start, count, flags) : new(Stopped());

    /// <inheritdoc/>
    public IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max) =>
        inner.GetExtents(start, count, max);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async ValueTask<TransferResult> DurableWriteAsync(Sector start, SegmentBatch source)
    {
        TransferResult result;
        try
        {
            result = await inner.WriteAsync(start, source, forceUnitAccess: true);
        }
        catch (Exception exception)
        {
            result = TransferResult.Failed(Errno.StatusOf(exception, $"The durable write at sector {start}"));
        }

        return result with { Status = Judge(result.Status) };
    }

    // A flush that succeeded beside one that failed proves nothing either; one that the device can't do, or that never
    // got to it (a server that is away for a while), proves no loss.
    private IoStatus Judge(IoStatus status)
    {
        if (status.IsOk)
        {
            return failure is null ? status : Stopped();
        }

        if (status.Code is not (IoStatusCode.Unsupported or IoStatusCode.DeviceGone))
        {
            Interlocked.CompareExchange(ref failure, status.Failure ?? new IoFailure(status.Code.ToString()), null);
        }

        return status;
    }

    private IoStatus Stopped() => new(
        IoStatusCode.DeviceFailed,
        failure! with { Message = $"An earlier flush failed; attach the device anew. It said: {failure!.Message}" });
}

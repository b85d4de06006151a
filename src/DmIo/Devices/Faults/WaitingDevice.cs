using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Faults;

/// <summary>
/// The base of <see cref="DelayedDevice"/> and <see cref="HungDevice"/>: a call waits before it reaches the inner
/// device, or ends without reaching it. Other calls pass in the meantime. The inner device is still called by one
/// thread at a time, as the contract of a device requires.
/// </summary>
public abstract class WaitingDevice : DeviceDecorator
{
    private readonly Lock callGate = new();
    private DeviceHost? owner;

    private protected WaitingDevice(IBlockDevice inner)
        : base(inner) => Description = Flushed(inner) with { Mode = ServiceMode.Own };

    /// <summary>The description of the inner device, but with a volatile cache, so that flushes can wait.</summary>
    public sealed override DeviceDescription Description { get; }

    /// <inheritdoc/>
    public sealed override void Attach(DeviceHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        owner = host;
        base.Attach(host);
    }

    /// <inheritdoc/>
    public sealed override void Poll()
    {
        lock (callGate)
        {
            base.Poll();
        }
    }

    /// <inheritdoc/>
    public sealed override ValueTask<TransferResult> ReadAsync(Sector start, SegmentBatch destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return TransferAsync(new DataCall(Inner, IsRead: true, ForceUnitAccess: false), start, destination);
    }

    /// <inheritdoc/>
    public sealed override ValueTask<TransferResult> WriteAsync(Sector start, SegmentBatch source, bool forceUnitAccess)
    {
        ArgumentNullException.ThrowIfNull(source);
        return TransferAsync(new DataCall(Inner, IsRead: false, forceUnitAccess), start, source);
    }

    /// <inheritdoc/>
    public sealed override ValueTask<IoStatus> FlushAsync() =>
        ThenAsync(IoOperation.Flush, default, default, static (inner, _, _) => inner.FlushAsync());

    /// <inheritdoc/>
    public sealed override ValueTask<IoStatus> ConfirmAcceptedAsync() =>
        ThenAsync(IoOperation.Flush, default, default, static (inner, _, _) => inner.ConfirmAcceptedAsync());

    /// <inheritdoc/>
    public sealed override ValueTask<IoStatus> DiscardAsync(Sector start, SectorCount count) =>
        ThenAsync(IoOperation.Discard, start, count, static (inner, from, length) => inner.DiscardAsync(from, length));

    /// <inheritdoc/>
    public sealed override ValueTask<IoStatus> WriteZeroesAsync(
        Sector start, SectorCount count, WriteZeroesFlags flags) =>
        ThenAsync(
            IoOperation.WriteZeroes,
            start,
            count,
            (inner, from, length) => inner.WriteZeroesAsync(from, length, flags));

    /// <summary>Completes when the call may continue; a status other than Ok ends the call instead.</summary>
    private protected abstract ValueTask<IoStatus> WaitAsync(IoOperation operation, Sector start, SectorCount count);

    private async ValueTask<TransferResult> TransferAsync(DataCall call, Sector start, SegmentBatch batch)
    {
        var operation = call.IsRead ? IoOperation.Read : IoOperation.Write;
        var status = await WaitAsync(operation, start, (batch.LengthBytes + Sector.SizeBytes - 1) / Sector.SizeBytes);
        if (!status.IsOk)
        {
            return TransferResult.Failed(status);
        }

        ValueTask<TransferResult> transfer;
        lock (callGate)
        {
            transfer = call.IssueAsync(start, batch);
        }

        owner?.Wake();
        return await transfer;
    }

    private async ValueTask<IoStatus> ThenAsync(
        IoOperation operation,
        Sector start,
        SectorCount count,
        Func<IBlockDevice, Sector, SectorCount, ValueTask<IoStatus>> issue)
    {
        var status = await WaitAsync(operation, start, count);
        if (!status.IsOk)
        {
            return status;
        }

        ValueTask<IoStatus> call;
        lock (callGate)
        {
            call = issue(Inner, start, count);
        }

        owner?.Wake();
        return await call;
    }
}

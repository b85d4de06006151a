using DmIo.Io;

namespace DmIo.Devices;

/// <summary>
/// A device that stops at its first failed flush (R14): later operations fail with DeviceFailed and never reach the
/// device. After a failed fsync Linux marks the pages clean, so a later success proves nothing (Rebello et al.,
/// ATC'20). A durable write (FUA) counts as a flush: its failure may have consumed the error of another write. If the
/// system refused the write or flush because it lacked room, memory or a thread, the device continues if it confirms
/// that no accepted data is lost. The service wraps each attached device in a FailStopDevice.
/// <code>
///   Running --a sync failed--> Stopped --AllowReads--> Stopped but for reads
///      ^                          +------- Reopen ---------+
///      +--------------------------+
/// </code>
/// </summary>
internal sealed class FailStopDevice : IBlockDevice
{
    private readonly IBlockDevice inner;
    private volatile IoFailure? failure;
    private volatile bool isReadable;

    internal FailStopDevice(IBlockDevice inner) => this.inner = inner;

    /// <inheritdoc/>
    public DeviceDescription Description => inner.Description;

    /// <summary>The failure that stopped the device; null while it runs.</summary>
    internal IoFailure? Failure => failure;

    /// <summary>The failure that makes the device refuse this operation; null if the device accepts it.</summary>
    internal IoFailure? Refuses(IoOperation operation) =>
        isReadable && operation.FillsMemory() ? null : failure;

    /// <summary>Called after the cache was dropped: reads return the contents of the store.</summary>
    internal void AllowReads() => isReadable = true;

    /// <summary>Called after the cache was dropped, with nothing in flight: lost data is given up, and the device runs
    /// again.</summary>
    internal void Reopen() => (failure, isReadable) = (null, false);

    /// <inheritdoc/>
    public void Attach(DeviceHost host) => inner.Attach(host);

    /// <inheritdoc/>
    public void Poll() => inner.Poll();

    /// <inheritdoc/>
    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
    {
        if (Refuses(operation.Kind) is not null)
        {
            return new(TransferResult.Failed(Stopped()));
        }

        return operation.IsSync ? SyncAsync(operation) : inner.SubmitAsync(operation);
    }

    /// <inheritdoc/>
    public ValueTask<IoStatus> ConfirmAcceptedAsync() => inner.ConfirmAcceptedAsync();

    /// <inheritdoc/>
    public ValueTask<IoStatus> DropCacheAsync() => inner.DropCacheAsync();

    /// <inheritdoc/>
    public IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max) =>
        inner.GetExtents(start, count, max);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async ValueTask<TransferResult> SyncAsync(DeviceOperation operation)
    {
        var result = await TrySyncAsync(operation, isConfirmation: false);
        return result with { Status = await StopIfDataWasLostAsync(result.Status, operation.ForceUnitAccess) };
    }

    /// <summary>Makes a sync or, for <paramref name="isConfirmation"/>, a confirmation. Their exceptions become
    /// statuses here and not in the caller, because a failure must stop the device before the caller gets
    /// it.</summary>
    private async ValueTask<TransferResult> TrySyncAsync(DeviceOperation operation, bool isConfirmation)
    {
        try
        {
            return isConfirmation
                ? new TransferResult(0, await inner.ConfirmAcceptedAsync())
                : await inner.SubmitAsync(operation);
        }
        catch (Exception exception)
        {
            var call = isConfirmation ? "The sync of what was accepted" : operation.ToString();
            return TransferResult.Failed(Errno.StatusOf(exception, call));
        }
    }

    // A flush that succeeded beside a failed one proves nothing either. A flush that the device does not support, or
    // that never reached it (a server that is away), proves no loss. A volume stops its legs itself, keeps what they
    // may have lost apart, and reports a loss of power once.
    private async ValueTask<IoStatus> StopIfDataWasLostAsync(IoStatus status, bool isWrite)
    {
        if (status.IsOk)
        {
            return failure is null ? status : Stopped();
        }

        if (failure is not null || status.Code is IoStatusCode.Unsupported or IoStatusCode.DeviceGone
            or IoStatusCode.Suspended or IoStatusCode.Fenced or IoStatusCode.InDoubt or IoStatusCode.PowerLost
            or IoStatusCode.Truncated)
        {
            return status;
        }

        var loss = status;
        if (MayBeRefused(status, isWrite))
        {
            var confirmed = (await TrySyncAsync(DeviceOperation.Flush(), isConfirmation: true)).Status;
            if (confirmed.IsOk)
            {
                return status;
            }

            loss = confirmed.Code == IoStatusCode.Unsupported ? status : confirmed;
        }

        Interlocked.CompareExchange(ref failure, loss.Failure ?? new IoFailure(loss.Code.ToString()), null);
        return status;
    }

    /// <summary>True if the system may have refused the call itself, which loses no data. The same errno can also
    /// belong to an accepted write that could not be written back.</summary>
    private static bool MayBeRefused(IoStatus status, bool isWrite) =>
        status is { Code: IoStatusCode.DeviceError, Failure.Errno: var errno }
        && (errno == Errno.Interrupted || Errno.IsShortage(errno) || (isWrite && Errno.IsNoRoom(errno)));

    private IoStatus Stopped() => new(
        IoStatusCode.DeviceFailed,
        failure! with { Message = $"An earlier flush failed; reopen the device. It said: {failure!.Message}" });
}

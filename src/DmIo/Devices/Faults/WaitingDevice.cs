using DmIo.Io;

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
        : base(inner) => Description = WithVolatileCache(inner) with { Mode = ServiceMode.Own };

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
    public sealed override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) =>
        PassAsync(operation, isConfirmation: false);

    /// <summary>Waits like a flush.</summary>
    public sealed override async ValueTask<IoStatus> ConfirmAcceptedAsync() =>
        (await PassAsync(DeviceOperation.Flush(), isConfirmation: true)).Status;

    /// <summary>Completes when the call may continue; a status other than Ok ends the call instead.</summary>
    private protected abstract ValueTask<IoStatus> WaitAsync(DeviceOperation operation);

    private async ValueTask<TransferResult> PassAsync(DeviceOperation operation, bool isConfirmation)
    {
        var status = await WaitAsync(operation);
        if (!status.IsOk)
        {
            return TransferResult.Failed(status);
        }

        ValueTask<TransferResult> call;
        lock (callGate)
        {
            call = isConfirmation ? ConfirmAsync() : Inner.SubmitAsync(operation);
        }

        owner?.Wake();
        return await call;
    }

    private async ValueTask<TransferResult> ConfirmAsync() => new(0, await Inner.ConfirmAcceptedAsync());
}

using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;

namespace DmIo.Testing.Devices;

/// <summary>A device that holds the memory of the next operation after its result, until it is released.</summary>
internal sealed class HoldingDevice(IBlockDevice inner) : DeviceDecorator(inner)
{
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IoStatus? next;

    /// <summary>The next operation ends with this status, and its memory is held; the inner device executes it if the
    /// status is Ok.</summary>
    internal void HoldNext(IoStatus status) => next = status;

    internal void Release() => released.SetResult();

    public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
    {
        if (next is not { } status)
        {
            return Inner.SubmitAsync(operation);
        }

        next = null;
        return status.IsOk
            ? HoldAsync(Inner.SubmitAsync(operation))
            : new(TransferResult.Failed(status) with { Held = released.Task });
    }

    private async ValueTask<TransferResult> HoldAsync(ValueTask<TransferResult> call) =>
        (await call) with { Held = released.Task };
}

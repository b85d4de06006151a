using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;

namespace DmIo.Testing.Devices;

/// <summary>A device that holds the memory of the next operation after its result, until it is released. Like an export
/// of a server, it can be opened by others.</summary>
internal sealed class HoldingDevice(IBlockDevice inner) : DeviceDecorator(inner)
{
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IoStatus? next;
    private OperationFilter filter = OperationFilter.Any;

    public override DeviceDescription Description => Inner.Description with { IsExclusive = false };

    /// <summary>The next operation that matches ends with this status, and its memory is held; the inner device
    /// executes it if the status is Ok.</summary>
    internal void HoldNext(IoStatus status, OperationFilter? of = null) =>
        (filter, next) = (of ?? OperationFilter.Any, status);

    internal void Release() => released.SetResult();

    /// <summary>It will never be known whether the device executes the operation.</summary>
    internal void Forget() => released.SetException(new IOException("unknown"));

    public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
    {
        if (next is not { } status || !filter.Matches(operation))
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

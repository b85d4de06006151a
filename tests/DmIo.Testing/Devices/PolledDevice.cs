using System.Threading.Channels;
using DmIo.Devices;
using DmIo.Memory;

namespace DmIo.Testing.Devices;

/// <summary>
/// Owns a device as the device actor does: calls and turns are serialized, and a turn follows the waiting calls and
/// each request of the device.
/// </summary>
internal sealed class PolledDevice : IBlockDevice
{
    private readonly Channel<Action> mailbox = Channel.CreateUnbounded<Action>();
    private readonly IBlockDevice inner;
    private readonly PageSlab? pages;
    private readonly Task turns;

    internal PolledDevice(IBlockDevice inner)
    {
        this.inner = inner;
        pages = inner.Description.BouncePages > 0 ? PageSlab.TryAllocate(inner.Description.BouncePages) : null;
        inner.Attach(new DeviceHost(() => mailbox.Writer.TryWrite(static () => { }))
        {
            BouncePages = pages?.Pages ?? [],
        });
        turns = Task.Run(TakeTurnsAsync);
    }

    public DeviceDescription Description => inner.Description;

    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
    {
        var submitted = operation;
        var answer = new TaskCompletionSource<TransferResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        mailbox.Writer.TryWrite(() => _ = PassOnAsync(submitted, answer));
        return new(answer.Task);
    }

    public async ValueTask DisposeAsync()
    {
        mailbox.Writer.Complete();
        await turns;
        await inner.DisposeAsync();
        pages?.Free();
    }

    private async Task PassOnAsync(DeviceOperation operation, TaskCompletionSource<TransferResult> answer)
    {
        try
        {
            answer.SetResult(await inner.SubmitAsync(operation));
        }
        catch (Exception exception)
        {
            answer.SetException(exception);
        }
    }

    private async Task TakeTurnsAsync()
    {
        while (await mailbox.Reader.WaitToReadAsync())
        {
            while (mailbox.Reader.TryRead(out var call))
            {
                call();
            }

            inner.Poll();
        }
    }
}

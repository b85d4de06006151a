using System.Threading.Channels;
using DmIo.Devices;
using DmIo.Io;
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

    public ValueTask<TransferResult> ReadAsync(Sector start, SegmentBatch destination) =>
        CallAsync(() => inner.ReadAsync(start, destination));

    public ValueTask<TransferResult> WriteAsync(Sector start, SegmentBatch source, bool forceUnitAccess) =>
        CallAsync(() => inner.WriteAsync(start, source, forceUnitAccess));

    public ValueTask<IoStatus> FlushAsync() => CallAsync(inner.FlushAsync);

    public ValueTask<IoStatus> DiscardAsync(Sector start, SectorCount count) =>
        CallAsync(() => inner.DiscardAsync(start, count));

    public ValueTask<IoStatus> WriteZeroesAsync(Sector start, SectorCount count, WriteZeroesFlags flags) =>
        CallAsync(() => inner.WriteZeroesAsync(start, count, flags));

    public async ValueTask DisposeAsync()
    {
        mailbox.Writer.Complete();
        await turns;
        await inner.DisposeAsync();
        pages?.Free();
    }

    private static async Task PassOnAsync<T>(Func<ValueTask<T>> call, TaskCompletionSource<T> answer)
    {
        try
        {
            answer.SetResult(await call());
        }
        catch (Exception exception)
        {
            answer.SetException(exception);
        }
    }

    private ValueTask<T> CallAsync<T>(Func<ValueTask<T>> call)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        mailbox.Writer.TryWrite(() => _ = PassOnAsync(call, answer));
        return new(answer.Task);
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

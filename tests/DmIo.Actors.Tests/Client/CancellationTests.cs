using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Client;

public sealed class CancellationTests
{
    private static readonly byte[] Data = [.. Enumerable.Repeat((byte)0xA5, 4096)];

    [Fact]
    public async Task R10_a_canceled_await_does_not_withdraw_the_write()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        await CancelStuckWriteAsync(client, stuck);

        stuck.Release();

        var read = new byte[4096];
        await client.ReadAsync(new IoRegion("a", 0, 8), read).InTime();
        Assert.Equal(Data, read);
    }

    [Fact]
    public async Task R10_a_canceled_await_frees_no_credit()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        var other = new RecordingDevice(new MemoryDevice(ByteSize.FromMiB(1)));
        await running.Service.AttachAsync("b", other).InTime();
        using var client = await running.Service.OpenAsync(1).InTime();
        await CancelStuckWriteAsync(client, stuck);

        var waiting = client.WriteAsync(new IoRegion("b", 0, 8), Data);
        await client.WriteAsync(new IoRegion("b", 0, 0), Data).InTime(); // answered behind it, at once

        Assert.False(waiting.IsCompleted);
        Assert.Empty(other.Calls);
        stuck.Release();
        Assert.True((await waiting.InTime()).IsOk);
    }

    [Fact]
    public async Task R10_a_canceled_await_returns_no_pages()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        var client = await running.Service.OpenAsync(3).InTime();
        await CancelStuckWriteAsync(client, stuck);

        var disposing = client.DisposeAsync().AsTask();

        var pool = await running.PoolWhenAsync(status => status.Leased == 0);
        Assert.Equal(3, pool.Draining);
        Assert.False(disposing.IsCompleted);
        stuck.Release();
        await disposing.InTime();
        Assert.Equal(0, (await running.Service.GetPoolStatusAsync().InTime()).Draining);
    }

    [Fact]
    public async Task R10_a_token_canceled_before_the_call_begins_nothing()
    {
        await using var running = new RunningService();
        var device = new RecordingDevice(new MemoryDevice(ByteSize.FromMiB(1)));
        await running.Service.AttachAsync("a", device).InTime();
        using var client = await running.Service.OpenAsync(1).InTime();
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.WriteAsync(new IoRegion("a", 0, 8), Data, null, cancellation.Token).InTime());

        await client.FlushAsync("a").InTime();
        Assert.Empty(device.Calls);
    }

    [Fact]
    public async Task A_canceled_open_takes_no_pages()
    {
        await using var running = new RunningService("dmio.pool.max-pages = 2");
        using var holder = await running.Service.OpenAsync(2).InTime();
        using var cancellation = new CancellationTokenSource();
        var waiting = running.Service.OpenAsync(1, wait: true, cancellationToken: cancellation.Token);
        await running.PoolWhenAsync(status => status.Waiting == 1);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.InTime());
        var pool = await running.PoolWhenAsync(status => status.Waiting == 0);
        Assert.Equal(1, pool.Leases);
    }

    private static async Task CancelStuckWriteAsync(IoClient client, HungDevice stuck)
    {
        using var cancellation = new CancellationTokenSource();
        var write = client.WriteAsync(new IoRegion("a", 0, 8), Data, null, cancellation.Token);
        await stuck.WhenHungAsync(1).InTime();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write.InTime());
        Assert.Equal(1, stuck.HungCount);
    }
}

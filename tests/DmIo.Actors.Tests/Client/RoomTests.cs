using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Tests.Client;

/// <summary>R19: calls of a client beyond the lease's bound on waiting requests wait in order; messages are refused
/// there.</summary>
public sealed class RoomTests
{
    /// <summary>Nearly three times the bound of a lease of one page.</summary>
    private const int Many = 3000;

    private static readonly byte[] Page = new byte[4096];

    [Fact]
    public async Task R19_three_thousand_writes_at_once_on_a_small_lease_all_succeed_in_the_order_of_the_calls()
    {
        await using var running = new RunningService();
        var device = new RecordingDevice(new MemoryDevice(ByteSize.FromSectors(Many)));
        var stuck = new HungDevice(device);
        await running.Service.AttachAsync("a", stuck).InTime();
        using var client = await running.Service.OpenAsync(1).InTime();

        var writes = Enumerable.Range(0, Many)
            .Select(index => client.WriteAsync(new IoRegion("a", index, 1), Page)).ToList();
        await stuck.WhenHungAsync(1).InTime();
        stuck.Release();

        Assert.All(await Task.WhenAll(writes).InTime(), result => Assert.True(result.IsOk));
        Assert.Equal(Enumerable.Range(0, Many), device.Calls.Select(call => (int)call.Start.Value));
    }

    [Fact]
    public async Task R19_callbacks_and_blocking_calls_wait_too()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        var callbacks = new OutcomeCount(expected: Many);
        for (var index = 0; index < Many; index++)
        {
            client.Write([new IoRegion("a", 0, 8)], Page, callbacks.Callback);
        }

        var blocking = Task.Factory.StartNew(
            () => client.Write(new IoRegion("a", 8, 8), Page),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await WaitingAsync(running, Many);
        Assert.False(blocking.IsCompleted);
        stuck.Release();

        Assert.True((await blocking.InTime()).IsOk);
        await callbacks.AllThere.InTime();
        Assert.All(callbacks.Results, result => Assert.True(result.IsOk));
    }

    [Fact]
    public async Task R19_messages_and_TrySend_are_refused_while_calls_wait()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        var writes = Flood(client, new IoRegion("a", 0, 8));
        var completion = new CountingCompletion();

        Assert.True(client.TrySend(Write(0) with { Completion = completion }));
        var reply = await client.Requests.Ask<object>(Write(0)).InTime();

        Assert.Null(await completion.NextAsync());
        Assert.Equal(IoRefusal.NoRoom, completion.Cause);
        var refused = Assert.IsType<IoRefused>(reply);
        Assert.Equal(IoRefusal.NoRoom, refused.Cause);
        Assert.Contains("dmio.leases.waiting-per-page", refused.Reason, StringComparison.Ordinal);
        stuck.Release();
        await Task.WhenAll(writes).InTime();
    }

    [Fact]
    public async Task R19_a_call_waits_if_requests_by_message_have_reached_the_bound()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        var messages = Enumerable.Range(0, 1 + 1024)
            .Select(_ => client.Requests.Ask<IoDone>(Write(0))).ToList();
        await WaitingAsync(running, 1024);

        var write = client.WriteAsync(new IoRegion("a", 8, 8), Page);

        await WaitingAsync(running, 1025);
        stuck.Release();
        Assert.True((await write.InTime()).IsOk);
        Assert.All(await Task.WhenAll(messages).InTime(), done => Assert.True(done.Result.IsOk));
    }

    [Fact]
    public async Task R10_a_call_canceled_while_it_waits_is_removed_and_reaches_no_device()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        var other = new RecordingDevice(new MemoryDevice(ByteSize.FromMiB(1)));
        await running.Service.AttachAsync("b", other).InTime();
        using var client = await running.Service.OpenAsync(1).InTime();
        var first = client.WriteAsync(new IoRegion("a", 0, 8), Page);
        using var cancellation = new CancellationTokenSource();
        var canceled = Flood(client, new IoRegion("b", 0, 8), cancellation.Token);
        await WaitingAsync(running, Many);

        await cancellation.CancelAsync();

        await WaitingAsync(running, 0);
        Assert.All(canceled, write => Assert.True(write.IsCanceled));
        var message = client.Requests.Ask<IoDone>(Write(0));
        await WaitingAsync(running, 1);
        stuck.Release();
        Assert.True((await first.InTime()).IsOk);
        Assert.True((await message.InTime()).Result.IsOk);
        Assert.Empty(other.Calls);
        Assert.Equal(0, client.OutstandingCount);
    }

    [Fact]
    public async Task R23_the_deadline_of_a_call_counts_while_it_waits()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        using var client = await running.Service.OpenAsync(1).InTime();
        var writes = Flood(client, new IoRegion("a", 0, 8));
        var soon = new RequestOptions { Deadline = TimeSpan.FromMilliseconds(1) };

        var late = await client.WriteAsync(new IoRegion("a", 0, 8), Page, soon).InTime();

        Assert.Equal((IoStatusCode.TimedOut, false), (late[0].Code, late.BufferHeld));
        stuck.Release();
        await Task.WhenAll(writes).InTime();
    }

    [Fact]
    public async Task R18_waiting_calls_still_run_after_the_client_is_disposed()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        var writes = Flood(client, new IoRegion("a", 0, 8));

        var disposing = client.DisposeAsync().AsTask();
        stuck.Release();

        await disposing.InTime();
        Assert.All(await Task.WhenAll(writes).InTime(), result => Assert.True(result.IsOk));
    }

    [Fact]
    public async Task R24_waiting_calls_end_as_stopped_with_the_service()
    {
        await using var running = new RunningService("dmio.shutdown-timeout = 1ms");
        var stuck = await running.AttachStuckAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        var first = client.WriteAsync(new IoRegion("a", 0, 8), Page);
        await stuck.WhenHungAsync(1).InTime();
        var writes = Flood(client, new IoRegion("a", 0, 8));
        var callbacks = new OutcomeCount(expected: Many);
        for (var index = 0; index < Many; index++)
        {
            client.Write([new IoRegion("a", 0, 8)], Page, callbacks.Callback);
        }

        await running.System.Terminate().InTime();

        await callbacks.AllThere.InTime();
        Assert.True((await first.InTime()).BufferHeld);
        Assert.All(
            [.. await Task.WhenAll(writes).InTime(), .. callbacks.Results],
            result => Assert.Equal((IoStatusCode.Stopped, false), (result[0].Code, result.BufferHeld)));
        stuck.Release();
    }

    [Fact]
    public async Task R9_waiting_calls_end_as_stopped_when_the_request_actor_dies()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        var first = client.WriteAsync(new IoRegion("a", 0, 8), Page);
        await stuck.WhenHungAsync(1).InTime();
        var writes = Flood(client, new IoRegion("a", 0, 8));

        running.System.Stop(client.Requests);

        Assert.True((await first.InTime()).BufferHeld);
        Assert.All(
            await Task.WhenAll(writes).InTime(), result => Assert.Equal(IoStatusCode.Stopped, result[0].Code));
        stuck.Release();
        await client.DisposeAsync().InTime();
    }

    private static List<Task<IoResult>> Flood(
        IoClient client, IoRegion region, CancellationToken cancellationToken = default) =>
        [.. Enumerable.Range(0, Many).Select(_ => client.WriteAsync(region, Page, null, cancellationToken))];

    private static IoRequest Write(long sector) => new()
    {
        Operation = IoOperation.Write,
        Regions = [new IoRegion("a", sector, 8)],
        Memory = Page,
    };

    /// <summary>Completes when this number of requests of the only lease waits.</summary>
    private static async Task WaitingAsync(RunningService running, int count)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while ((await running.Service.GetStatisticsAsync(limit.Token)).Leases.Single().Waiting != count)
        {
        }
    }
}

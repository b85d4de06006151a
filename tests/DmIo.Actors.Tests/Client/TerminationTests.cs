using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Client;

public sealed class TerminationTests
{
    private const string Impatient = "dmio.shutdown-timeout = 20ms";

    private static readonly byte[] Page = new byte[4096];

    [Fact]
    public async Task R24_the_end_of_the_system_lets_io_in_flight_finish()
    {
        await using var running = await new RunningService().WithMemoryAsync("b");
        var stuck = await running.AttachStuckAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        var inFlight = client.WriteAsync(new IoRegion("a", 0, 8), Page);
        var waiting = client.WriteAsync(new IoRegion("b", 0, 8), Page);
        await stuck.WhenHungAsync(1).InTime();

        var ending = running.System.Terminate();
        await running.PoolWhenAsync(status => status.Draining == 1);
        stuck.Release();

        await ending.InTime();
        Assert.True((await inFlight.InTime()).IsOk);
        Assert.True((await waiting.InTime()).IsOk);
    }

    [Fact]
    public async Task R24_the_end_of_the_system_answers_tasks_blocking_calls_and_callbacks()
    {
        await using var running = new RunningService(Impatient);
        var stuck = await running.AttachStuckAsync("a");
        var client = await running.Service.OpenAsync(3).InTime();
        var callbacks = new OutcomeCount(expected: 1);
        var region = new IoRegion("a", 0, 8);
        var task = client.WriteAsync(region, Page);
        var blocking = Task.Factory.StartNew(
            () => client.Read(new IoRegion("a", 8, 8), new byte[4096]),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        client.WriteZeroes([new IoRegion("a", 16, 8)], callbacks.Callback);
        await stuck.WhenHungAsync(3).InTime();
        var waiting = client.WriteAsync(new IoRegion("a", 24, 8), Page);

        await running.System.Terminate().InTime();

        await callbacks.AllThere.InTime();
        IoResult[] inFlight = [await task.InTime(), await blocking.InTime(), .. callbacks.Results];
        Assert.All(inFlight, result => Assert.Equal((IoStatusCode.Stopped, true), (result[0].Code, result.BufferHeld)));
        var unbegun = await waiting.InTime();
        Assert.Equal((IoStatusCode.Stopped, false), (unbegun[0].Code, unbegun.BufferHeld));
        stuck.Release();
    }

    [Fact]
    public async Task R24_the_end_of_the_system_ends_waiting_gets()
    {
        await using var running = new RunningService("dmio.pool.max-pages = 1");
        using var holder = await running.Service.OpenAsync(1).InTime();
        var waiting = running.Service.OpenAsync(1, wait: true);
        await running.PoolWhenAsync(status => status.Waiting == 1);

        await running.System.Terminate().InTime();

        await Assert.ThrowsAsync<IoRefusedException>(() => waiting.InTime());
    }

    [Fact]
    public async Task R24_a_device_whose_attach_was_not_processed_is_closed()
    {
        await using var running = new RunningService();
        using var slow = new SlowDescriptionDevice();
        var late = new ManualDevice(8);
        var first = running.Service.AttachAsync("slow", slow);
        await slow.WhenAsked.InTime();
        running.Service.Supervisor.Tell(PoisonPill.Instance);
        var second = running.Service.AttachAsync("late", late);

        slow.Answer();

        await Assert.ThrowsAsync<IoRefusedException>(() => second.InTime());
        await late.WhenClosed.InTime();
        Assert.Equal(ByteSize.FromSectors(8), (await first.InTime()).Capacity);
    }

    [Fact]
    public async Task R24_the_end_of_the_system_ends_waiting_detaches()
    {
        await using var running = new RunningService(Impatient);
        var stuck = await running.AttachStuckAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        var write = client.WriteAsync(new IoRegion("a", 0, 8), Page);
        await stuck.WhenHungAsync(1).InTime();
        var detaching = running.Service.DetachAsync("a");

        await running.System.Terminate().InTime();

        await Assert.ThrowsAsync<IoRefusedException>(() => detaching.InTime());
        Assert.True((await write.InTime()).BufferHeld);
        stuck.Release();
    }

    [Fact]
    public async Task R24_after_the_end_everything_is_refused_at_once()
    {
        var running = await new RunningService().WithMemoryAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        await running.DisposeAsync();

        Assert.Throws<IoRefusedException>(() => client.FlushAsync("a").Unawaited());
        Assert.Throws<IoRefusedException>(() => client.Flush("a"));
        await Assert.ThrowsAsync<IoRefusedException>(() => running.Service.OpenAsync(1).InTime());
        await Assert.ThrowsAsync<IoRefusedException>(() => running.Service.GetDevicesAsync().InTime());
        await Assert.ThrowsAsync<IoRefusedException>(() => running.Service.DetachAsync("a").InTime());
        await Assert.ThrowsAsync<IoRefusedException>(
            () => running.Service.AttachAsync("b", new NullDevice(ByteSize.FromSectors(8))).InTime());
        await client.DisposeAsync().InTime();
    }

    [Fact]
    public async Task R24_opening_a_client_while_the_system_ends_succeeds_or_is_refused()
    {
        await using var running = new RunningService();
        var openings = new List<Task<IoClient>>();

        var ending = running.System.Terminate();
        while (!ending.IsCompleted)
        {
            openings.Add(running.Service.OpenAsync(1));
            await Task.Yield();
        }

        openings.Add(running.Service.OpenAsync(1));
        foreach (var opening in openings)
        {
            var refused = await Record.ExceptionAsync(() => opening.InTime());
            Assert.True(refused is null or IoRefusedException, $"{refused}");
        }

        Assert.Equal(
            "The service has stopped.",
            (await Assert.ThrowsAsync<IoRefusedException>(() => openings[^1].InTime())).Message);
    }

    [Fact]
    public async Task R24_a_client_that_is_opened_after_the_end_of_the_supervisor_is_refused()
    {
        await using var running = new RunningService();
        running.System.Stop(running.Service.Supervisor);
        Assert.True(await running.Service.Supervisor.WatchAsync().InTime());

        await Assert.ThrowsAsync<IoRefusedException>(() => running.Service.OpenAsync(1).InTime());
    }

    [Fact]
    public async Task R24_a_client_may_be_disposed_while_the_system_ends()
    {
        await using var running = new RunningService(Impatient);
        var stuck = await running.AttachStuckAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        var write = client.WriteAsync(new IoRegion("a", 0, 8), Page);
        await stuck.WhenHungAsync(1).InTime();

        var ending = running.System.Terminate();
        await client.DisposeAsync().InTime();

        await ending.InTime();
        Assert.Equal(IoStatusCode.Stopped, (await write.InTime())[0].Code);
        stuck.Release();
    }

    [Fact]
    public async Task R24_requests_in_a_dead_request_actors_mailbox_are_answered()
    {
        await using var running = await new RunningService().WithMemoryAsync("a");
        var client = await running.Service.OpenAsync(1).InTime();
        var writes = new List<Task<IoResult>>();

        running.System.Stop(client.Requests);
        while (writes.Count < 1000 && TryWrite(client, writes))
        {
        }

        var results = await Task.WhenAll(writes).InTime();
        Assert.All(results, result => Assert.True(result.IsOk || result[0].Code == IoStatusCode.Stopped));
        await client.DisposeAsync().InTime();
        Assert.Equal(0, (await running.Service.GetPoolStatusAsync().InTime()).Leased);
    }

    /// <summary>False as soon as the client knows that its request actor is dead.</summary>
    private static bool TryWrite(IoClient client, List<Task<IoResult>> writes)
    {
        try
        {
            writes.Add(client.WriteAsync(new IoRegion("a", 0, 8), Page));
            return true;
        }
        catch (IoRefusedException)
        {
            return false;
        }
    }

    /// <summary>A device whose description blocks its readers.</summary>
    private sealed class SlowDescriptionDevice()
        : DeviceDecorator(new MemoryDevice(ByteSize.FromSectors(8))), IDisposable
    {
        private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim gate = new();

        public override DeviceDescription Description
        {
            get
            {
                asked.TrySetResult();
                gate.Wait(Patience.Limit);
                return base.Description;
            }
        }

        internal Task WhenAsked => asked.Task;

        public void Dispose() => gate.Dispose();

        internal void Answer() => gate.Set();
    }
}

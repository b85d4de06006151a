using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Actors.Tests.Client;

/// <summary>Many threads on one client: each request has one outcome, even if the client is closed or dies.</summary>
public sealed class ClientStressTests(ITestOutputHelper output)
{
    private const int Threads = 8;
    private const int RequestsPerThread = 2000;
    private static readonly byte[] Page = new byte[4096];

    [Fact]
    public async Task R9_each_request_of_many_threads_has_one_outcome()
    {
        await using var running = await new RunningService().WithMemoryAsync("a", "b", "c");
        using var client = await running.Service.OpenAsync(8).InTime();

        var callers = await RunAsync(client, NewSeed());

        await Task.WhenAll(callers.Select(caller => caller.AllAnsweredAsync())).InTime();
        Assert.Equal(Threads * RequestsPerThread, callers.Sum(caller => caller.Sent));
        Assert.Equal(0, callers.Sum(caller => caller.FailedCount));
        Assert.Equal(0, client.OutstandingCount);
    }

    [Fact]
    public async Task R18_a_client_disposed_under_load_answers_each_accepted_request()
    {
        await using var running = await new RunningService().WithMemoryAsync("a", "b", "c");
        var client = await running.Service.OpenAsync(8).InTime();
        var load = RunAsync(client, NewSeed());
        await client.WriteAsync(new IoRegion("a", 0, 8), Page).InTime();

        await client.DisposeAsync().InTime();

        var callers = await load.InTime();
        await Task.WhenAll(callers.Select(caller => caller.AllAnsweredAsync())).InTime();
        Assert.Equal(0, callers.Sum(caller => caller.FailedCount));
        Assert.Equal(0, client.OutstandingCount);
        Assert.Equal(0, (await running.Service.GetPoolStatusAsync().InTime()).Leases);
    }

    [Fact]
    public async Task R24_the_end_of_the_system_under_load_answers_each_request()
    {
        await using var running = await new RunningService().WithMemoryAsync("a", "b", "c");
        var client = await running.Service.OpenAsync(8).InTime();
        var load = RunAsync(client, NewSeed());
        await client.WriteAsync(new IoRegion("a", 0, 8), Page).InTime();

        await running.System.Terminate().InTime();

        var callers = await load.InTime();
        await Task.WhenAll(callers.Select(caller => caller.AllAnsweredAsync())).InTime();
        Assert.Equal(0, client.OutstandingCount);
    }

    [Fact]
    public async Task R18_the_pool_is_complete_after_many_clients_were_opened_and_disposed()
    {
        await using var running = await new RunningService("dmio.pool.max-pages = 8").WithMemoryAsync("a");

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(async () =>
        {
            for (var round = 0; round < 50; round++)
            {
                await using var client = await running.Service.OpenAsync(3, wait: true);
                Assert.True((await client.WriteAsync(new IoRegion("a", 0, 8), Page)).IsOk);
            }
        }))).InTime();

        var pool = await running.Service.GetPoolStatusAsync().InTime();
        Assert.Equal((pool.Total, 0, 0, 0), (pool.Free, pool.Leases, pool.Draining, pool.Waiting));
    }

    private static Task<Caller[]> RunAsync(IoClient client, int seed) =>
        Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            var caller = new Caller(client, new Random(seed + thread));
            caller.Run();
            return caller;
        })));

    private int NewSeed()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        return seed;
    }

    /// <summary>The requests of one thread: tasks, callbacks and blocking calls.</summary>
    private sealed class Caller(IoClient client, Random random)
    {
        private readonly List<Task<IoResult>> tasks = [];
        private readonly TaskCompletionSource called = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int callbacksDue = 1;
        private int failedCallbacks;

        internal int Sent { get; private set; }

        /// <summary>The number of requests that were refused after they had been sent, or failed.</summary>
        internal int FailedCount =>
            failedCallbacks + tasks.Count(task => !task.IsCompletedSuccessfully || !task.Result.IsOk);

        internal void Run()
        {
            try
            {
                for (; Sent < RequestsPerThread; Sent++)
                {
                    Send();
                }
            }
            catch (Exception exception) when (exception is ObjectDisposedException or IoRefusedException)
            {
                // The client or the service has ended: the last call was refused at once, which is its outcome.
            }

            Called();
        }

        /// <summary>Completes when each task has completed and each callback was called once.</summary>
        internal async Task AllAnsweredAsync()
        {
            await Task.WhenAll(tasks).ContinueWith(_ => { }, TaskScheduler.Default);
            await called.Task;
            Assert.Equal(0, Volatile.Read(ref callbacksDue));
            Assert.All(tasks, task => Assert.True(
                task.IsCompletedSuccessfully || task.Exception!.InnerException is IoRefusedException));
        }

        private void Send()
        {
            IoRegion[] regions = [At("a"), At("b"), At("c")];
            switch (random.Next(8))
            {
                case 0:
                    client.Write(regions, Page);
                    break;
                case 1:
                case 2:
                case 3:
                    SendWithCallback(regions);
                    break;
                case 4:
                    tasks.Add(client.ReadAsync(regions[0], new byte[4096]));
                    break;
                default:
                    tasks.Add(client.WriteAsync(regions, Page));
                    break;
            }
        }

        private void SendWithCallback(IoRegion[] regions)
        {
            Interlocked.Increment(ref callbacksDue);
            try
            {
                client.Write(regions, Page, (result, _) =>
                {
                    Interlocked.Add(ref failedCallbacks, result.IsOk ? 0 : 1);
                    Called();
                });
            }
            catch (Exception exception) when (exception is ObjectDisposedException or IoRefusedException)
            {
                Called();
                throw;
            }
        }

        private IoRegion At(string device) => new(device, random.Next(256) * 8, 8);

        private void Called()
        {
            if (Interlocked.Decrement(ref callbacksDue) == 0)
            {
                called.TrySetResult();
            }
        }
    }
}

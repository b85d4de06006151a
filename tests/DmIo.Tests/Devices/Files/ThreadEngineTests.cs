using System.Collections.Concurrent;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Files;

public sealed class ThreadEngineTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    private readonly FakeStore store = new(64);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(100, ThreadEngine.MaxThreads)]
    public async Task Concurrent_calls_are_bounded_by_the_queue_depth_and_a_maximum(int queueDepth, int expected)
    {
        using var gate = new SemaphoreSlim(0);
        using var entered = new SemaphoreSlim(0);
        store.Script = (_, _) => Enter(entered, gate);
        var threads = 0;
        await using var engine = new ThreadEngine(store, queueDepth, Long, work => Start(work, ref threads));
        var calls = Enumerable.Range(0, 20).Select(_ => engine.FlushAsync().AsTask()).ToArray();
        for (var call = 0; call < expected; call++)
        {
            await entered.WaitAsync();
        }

        Assert.Equal(expected, Volatile.Read(ref threads));
        gate.Release(calls.Length);
        Assert.All(await Task.WhenAll(calls), status => Assert.Equal(IoStatus.Ok, status));
        Assert.Equal(expected, Volatile.Read(ref threads));
    }

    [Fact]
    public async Task Calls_are_made_in_arrival_order()
    {
        var order = new ConcurrentQueue<long>();
        store.Script = (_, offset) =>
        {
            order.Enqueue(offset / Sector.SizeBytes);
            return null;
        };
        await using var engine = new ThreadEngine(store, 1);

        await Task.WhenAll(Enumerable.Range(0, 64).Select(sector => engine.ReadAsync(
            sector * Sector.SizeBytes, Bytes.Batch(new byte[Sector.SizeBytes])).AsTask()));

        Assert.Equal(Enumerable.Range(0, 64).Select(sector => (long)sector), order);
    }

    [Fact]
    public async Task Sequential_calls_need_one_thread()
    {
        var threads = 0;
        await using var engine = new ThreadEngine(store, 8, Long, work => Start(work, ref threads));
        for (var call = 0; call < 50; call++)
        {
            // A thread counts as busy until it waits for the next call, so at most a second one is started.
            await engine.FlushAsync();
        }

        Assert.InRange(threads, 1, 2);
    }

    [Fact]
    public async Task A_thread_without_a_call_ends_and_a_later_call_starts_another()
    {
        var ended = new SemaphoreSlim(0);
        await using var engine = new ThreadEngine(store, 4, TimeSpan.FromMilliseconds(1), work =>
        {
            new Thread(() =>
            {
                work();
                ended.Release();
            }).Start();
            return true;
        });

        Assert.Equal(IoStatus.Ok, await engine.FlushAsync());
        await ended.WaitAsync();
        Assert.Equal(IoStatus.Ok, await engine.FlushAsync());
        await ended.WaitAsync();
    }

    [Fact]
    public async Task Without_a_thread_the_caller_makes_the_call()
    {
        var factory = 0;
        store.Script = (_, _) =>
        {
            factory = Environment.CurrentManagedThreadId;
            return null;
        };
        await using var engine = new ThreadEngine(store, 4, Long, _ => false);
        var caller = Environment.CurrentManagedThreadId;

        Assert.Equal(IoStatus.Ok, Completed.Of(engine.FlushAsync()));
        Assert.Equal(caller, factory);
    }

    [Fact]
    public async Task An_owner_gets_the_results_in_its_turn_and_is_woken_once_for_all()
    {
        using var woken = new SemaphoreSlim(0);
        await using var engine = new ThreadEngine(store, 1);
        engine.Attach(new DeviceHost(() => woken.Release()));
        var calls = Enumerable.Range(0, 10).Select(_ => engine.FlushAsync().AsTask()).ToArray();
        await woken.WaitAsync();
        Assert.All(calls, call => Assert.False(call.IsCompleted));
        while (!calls[^1].IsCompleted)
        {
            engine.Poll();
            if (!calls[^1].IsCompleted)
            {
                await woken.WaitAsync();
            }
        }

        Assert.All(calls, call => Assert.Equal(IoStatus.Ok, call.Result));
        Assert.Equal(0, woken.CurrentCount);
    }

    [Fact]
    public async Task An_exception_of_a_call_is_thrown_to_its_caller_and_the_thread_continues()
    {
        store.Script = (operation, _) =>
            operation == IoOperation.Flush ? throw new InvalidOperationException("A defect.") : null;
        await using var engine = new ThreadEngine(store, 1);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await engine.FlushAsync());

        Assert.Equal(IoStatus.Ok, await engine.DiscardAsync(0, 512));
    }

    [Fact]
    public async Task Disposal_waits_for_calls_in_flight_and_their_results()
    {
        using var gate = new SemaphoreSlim(0);
        using var entered = new SemaphoreSlim(0);
        store.Script = (_, _) => Enter(entered, gate);
        var engine = new ThreadEngine(store, 2);
        engine.Attach(new DeviceHost(static () => { }));
        Task<IoStatus>[] calls =
            [engine.FlushAsync().AsTask(), engine.FlushAsync().AsTask(), engine.FlushAsync().AsTask()];
        await entered.WaitAsync();

        var end = engine.DisposeAsync().AsTask();
        Assert.False(end.IsCompleted);
        gate.Release(3);
        await end;

        Assert.All(calls, call => Assert.Equal(IoStatus.Ok, call.Result));
    }

    [Fact]
    public async Task In_steady_state_neither_the_caller_nor_the_thread_allocates()
    {
        var atThread = -1L;
        using var woken = new SemaphoreSlim(0);
        store.Script = (_, _) =>
        {
            atThread = GC.GetAllocatedBytesForCurrentThread();
            return null;
        };
        await using var engine = new ThreadEngine(store, 1);
        engine.Attach(new DeviceHost(() => woken.Release()));
        var batch = Bytes.Batch(new byte[512], new byte[512]);
        var leastAtThread = long.MaxValue;

        var atCaller = Allocations.Of(() =>
        {
            var before = atThread;
            for (var round = 0; round < 10; round++)
            {
                var call = engine.WriteAsync(0, batch, forceUnitAccess: false);
                Wait(woken);
                engine.Poll();
                Invariant.Require(Completed.Of(call).Bytes == 1024);
            }

            leastAtThread = before < 0 ? leastAtThread : Math.Min(leastAtThread, atThread - before);
        });

        Assert.Equal((0, 0), (atCaller, leastAtThread));
    }

    private static void Wait(SemaphoreSlim woken) => woken.Wait();

    private static long? Enter(SemaphoreSlim entered, SemaphoreSlim gate)
    {
        entered.Release();
        gate.Wait();
        return null;
    }

    private static bool Start(ThreadStart work, ref int threads)
    {
        Interlocked.Increment(ref threads);
        new Thread(work) { IsBackground = true }.Start();
        return true;
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using DmIo.Devices;
using DmIo.Devices.IoUring;
using DmIo.Memory;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Tests.Devices.IoUring;

public sealed class RingStressTests(ITestOutputHelper output) : IDisposable
{
    private readonly Lazy<RingFile> file = new(() => new RingFile());

    public void Dispose()
    {
        if (file.IsValueCreated)
        {
            file.Value.Dispose();
        }
    }

    [RingTheory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 16)]
    [InlineData(4, 64)]
    public async Task No_wake_up_is_lost_and_every_call_gets_its_own_data(int seed, int depth)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var ring = new PolledRing(file.Value.Store, depth);
        for (var burst = 0; burst < 500; burst++)
        {
            var count = random.Next(1, 2 * depth + 2);
            var calls = Enumerable.Range(0, count).Select(_ => CallAsync(ring, random)).ToArray();
            ring.PollUntilDone(Task.WhenAll(calls));
            Assert.All(calls, call => Assert.True(call.Result));
        }

        Assert.Equal(0, ring.Engine.Counters.Strays);
    }

    [RingFact]
    public async Task Concurrent_rings_do_not_consume_each_others_wake_ups()
    {
        var owners = Enumerable.Range(1, 8).Select(seed => Task.Factory.StartNew(
            async () =>
            {
                var random = new Random(seed);
                for (var round = 0; round < 10; round++)
                {
                    await using var ring = new PolledRing(file.Value.Store, depth: 4);
                    for (var burst = 0; burst < 50; burst++)
                    {
                        var calls = Enumerable.Range(0, 6).Select(_ => CallAsync(ring, random)).ToArray();
                        ring.PollUntilDone(Task.WhenAll(calls));
                        Assert.All(calls, call => Assert.True(call.Result));
                    }
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap());
        await Task.WhenAll(owners);
    }

    [RingFact]
    public async Task Without_an_owner_a_ring_serves_callers_on_any_thread()
    {
        await using var engine = RingEngine.TryCreate(file.Value.Store, 8, out _)!;
        var callers = Enumerable.Range(0, 16).Select(caller => Task.Run(async () =>
        {
            var read = new byte[256];
            for (var index = 0; index < 200; index++)
            {
                var offset = (caller * 51_200) + (index * 512);
                var result = await engine.ReadAsync(offset, Bytes.Batch(read));
                Assert.Equal(TransferResult.Moved(256), result);
                Assert.True(read.AsSpan().SequenceEqual(file.Value.Content.AsSpan(offset, 256)));
            }
        }));
        await Task.WhenAll(callers);
    }

    [RingFact]
    public async Task In_steady_state_nothing_is_allocated()
    {
        using var pool = new PagePool(64, 64);
        Assert.True(pool.TryLease(64, out var lease));
        await using var ring = new PolledRing(file.Value.Store, depth: 16, memory: pool.Memory);
        var callers = lease.Pages.ToArray()
            .Chunk(4)
            .Select(pages => new Caller(ring.Engine, Bytes.Batch(pages[0].Memory, pages[2].Memory))).ToArray();
        Run(ring, callers, calls: 2000);
        var allocated = Enumerable.Range(0, 5).Select(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Run(ring, callers, calls: 2000);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }).ToArray();

        // The semaphore of the test's owner allocates now and then, more on a busy machine; 2000 calls do not.
        Assert.InRange(allocated.Min(), 0, 2000);
    }

    private static void Run(PolledRing ring, Caller[] callers, int calls)
    {
        foreach (var caller in callers)
        {
            caller.Left = calls / callers.Length;
            caller.Call();
        }

        while (!callers.All(caller => caller.Left == 0))
        {
            ring.Engine.Poll();
        }
    }

    private async Task<bool> CallAsync(PolledRing ring, Random random)
    {
        var read = new byte[random.Next(1, 5000)];
        var offset = random.Next((RingFile.SizeBytes - read.Length) / 512) * 512;
        var cut = random.Next(read.Length + 1);
        var batch = Bytes.Batch(read.AsMemory(0, cut), read.AsMemory(cut));
        var result = await ring.Engine.ReadAsync(offset, batch).ConfigureAwait(false);
        return result == TransferResult.Moved(read.Length)
            && read.AsSpan().SequenceEqual(file.Value.Content.AsSpan(offset, read.Length));
    }

    /// <summary>Makes the next call as soon as one completes, as a device actor does, without a state
    /// machine.</summary>
    private sealed class Caller
    {
        private readonly RingEngine engine;
        private readonly SegmentBatch batch;
        private readonly Action answered;
        private ConfiguredValueTaskAwaitable<TransferResult>.ConfiguredValueTaskAwaiter awaiter;

        internal Caller(RingEngine engine, SegmentBatch batch)
        {
            (this.engine, this.batch) = (engine, batch);
            answered = Answered;
        }

        internal int Left { get; set; }

        [SuppressMessage("Reliability", "CA2012", Justification = "Its awaiter is kept and asked once.")]
        internal void Call()
        {
            awaiter = engine.ReadAsync(4096, batch).ConfigureAwait(false).GetAwaiter();
            awaiter.UnsafeOnCompleted(answered);
        }

        private void Answered()
        {
            Invariant.Require(awaiter.GetResult().Bytes == batch.LengthBytes);
            if (--Left > 0)
            {
                Call();
            }
        }
    }
}

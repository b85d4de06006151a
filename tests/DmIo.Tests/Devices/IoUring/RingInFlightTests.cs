using DmIo.Devices;
using DmIo.Devices.IoUring;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.IoUring;

/// <summary>Reads of a pipe, which stay in the kernel until the test writes.</summary>
public sealed class RingInFlightTests : IDisposable
{
    private readonly Lazy<RingPipe> pipe = new(() => new RingPipe());

    private RingPipe Pipe => pipe.Value;

    public void Dispose()
    {
        if (pipe.IsValueCreated)
        {
            Pipe.Dispose();
        }
    }

    [RingFact]
    public async Task Memory_is_pinned_while_the_kernel_uses_it()
    {
        await using var ring = new PolledRing(Pipe.Store, depth: 64);
        var reads = Enumerable.Range(0, 64).Select(_ => new byte[1]).ToArray();
        var calls = reads.Select(read => ring.Engine.ReadAsync(0, Bytes.Batch(read)).AsTask()).ToArray();
        ring.Engine.Poll();
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Pipe.Write(Bytes.Filled(64, 7));
        ring.PollUntilDone(Task.WhenAll(calls));
        Assert.All(reads, read => Assert.Equal(7, read[0]));
    }

    [RingFact]
    public async Task Operations_in_the_kernel_are_bounded_by_the_completion_queue()
    {
        await using var ring = new PolledRing(Pipe.Store, depth: 4);
        var calls = Enumerable.Range(0, 50)
            .Select(_ => ring.Engine.ReadAsync(0, Bytes.Batch(new byte[1])).AsTask()).ToArray();
        ring.Engine.Poll();
        Assert.Equal(8, ring.Engine.Counters.Submitted(RingOpcode.Read));
        Pipe.Write(new byte[50]);
        ring.PollUntilDone(Task.WhenAll(calls));
        Assert.Equal(50, ring.Engine.Counters.Submitted(RingOpcode.Read));
    }

    [RingFact]
    public async Task The_owner_is_woken_by_a_completion_and_not_before()
    {
        await using var ring = new PolledRing(Pipe.Store);
        var call = ring.Engine.ReadAsync(0, Bytes.Batch(new byte[1])).AsTask();
        ring.Engine.Poll();
        Assert.Equal(0, ring.Wakes);
        Pipe.Write(1);
        ring.PollWhenWoken(call);
        Assert.Equal((1, TransferResult.Moved(1)), (ring.Wakes, await call));
    }

    [RingFact]
    public async Task An_operation_outlives_the_thread_that_submitted_it()
    {
        await using var ring = new PolledRing(Pipe.Store);
        var read = new byte[1];
        Task<TransferResult>? call = null;
        var thread = new Thread(() =>
        {
            call = ring.Engine.ReadAsync(0, Bytes.Batch(read)).AsTask();
            ring.Engine.Poll();
        });
        thread.Start();
        thread.Join();
        Pipe.Write(9);
        ring.PollUntilDone(call!);
        Assert.Equal((TransferResult.Moved(1), 9), (await call!, read[0]));
    }

    /// <summary>A read that waits for a page of the cache fails with EFAULT in the kernel if its thread ends.</summary>
    [RingFact]
    public async Task A_read_that_is_not_cached_outlives_the_thread_that_submitted_it()
    {
        using var file = new RingFile();
        await using var engine = RingEngine.TryCreate(file.Store, 4, out _)!;
        Assert.Equal(0, file.Store.Flush());
        for (var round = 0; round < 100; round++)
        {
            Assert.Equal(0, file.Store.DropCache());
            var read = new byte[4096];
            Task<TransferResult>? call = null;
            var thread = new Thread(() => call = engine.ReadAsync(round * 4096, Bytes.Batch(read)).AsTask());
            thread.Start();
            thread.Join();
            Assert.Equal(TransferResult.Moved(4096), await call!);
            Assert.Equal(file.Content[(round * 4096)..((round + 1) * 4096)], read);
        }
    }

    [RingTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Disposal_waits_for_operations_in_flight_and_completes_them(bool isSubmitted)
    {
        var ring = new PolledRing(Pipe.Store);
        var read = new byte[1];
        var call = ring.Engine.ReadAsync(0, Bytes.Batch(read)).AsTask();
        if (isSubmitted)
        {
            ring.Engine.Poll();
        }

        var disposal = ring.DisposeAsync().AsTask();
        Assert.False(call.IsCompleted || disposal.IsCompleted);
        Pipe.Write(5);
        await disposal;
        Assert.Equal((TransferResult.Moved(1), 5), (await call, read[0]));
    }

    [RingFact]
    public async Task A_call_after_the_disposal_throws()
    {
        var ring = new PolledRing(Pipe.Store);
        await ring.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => { _ = ring.Engine.FlushAsync().AsTask(); });
    }

    [RingFact]
    public async Task A_ring_without_an_owner_submits_at_once_and_completes_by_itself()
    {
        await using var engine = RingEngine.TryCreate(Pipe.Store, 4, out _)!;
        var reads = Enumerable.Range(0, 20)
            .Select(_ => engine.ReadAsync(0, Bytes.Batch(new byte[1])).AsTask()).ToArray();
        Assert.Equal(8, engine.Counters.Submitted(RingOpcode.Read));
        Pipe.Write(new byte[20]);
        await Task.WhenAll(reads);
        Assert.All(reads, read => Assert.Equal(TransferResult.Moved(1), read.Result));
    }

    [RingFact]
    public async Task Without_an_owner_a_continuation_may_call_again_indefinitely()
    {
        using var file = new RingFile();
        await using var engine = RingEngine.TryCreate(file.Store, 1, out _)!;
        var read = new byte[1000];
        for (var index = 0; index < read.Length; index++)
        {
            var one = Bytes.Batch(read.AsMemory(index, 1));
            var result = await engine.ReadAsync(index * 512, one).ConfigureAwait(false);
            Assert.Equal(TransferResult.Moved(1), result);
        }

        Assert.Equal(file.Content.Chunk(512).Take(1000).Select(sector => sector[0]), read);
        Assert.Equal(IoStatus.Ok, await engine.WriteZeroesAsync(0, 512, WriteZeroesFlags.None));
        Assert.Equal(IoStatus.Ok, await engine.FlushAsync());
    }
}

using DmIo.Devices.IoUring;
using Xunit;

namespace DmIo.Tests.Devices.IoUring;

/// <summary>
/// The kernel's threads for what blocks. They are told apart by the thread that they work for, whose number as the
/// kernel sees it is unknown in a container: so nothing else sends to a ring meanwhile.
/// </summary>
[Collection(nameof(RingWorkersTests))]
public sealed class RingWorkersTests : IDisposable
{
    private const int Rings = 8;
    private const int Depth = 32;

    private readonly Lazy<RingFile[]> files = new(() => [.. Enumerable.Range(0, Rings).Select(_ => new RingFile())]);

    public void Dispose()
    {
        if (files.IsValueCreated)
        {
            Array.ForEach(files.Value, file => file.Dispose());
        }
    }

    [WorkersTheory]
    [InlineData(1)]
    [InlineData(Depth)]
    [InlineData(4096)]
    public void A_thread_may_have_as_many_whichever_ring_it_sends_to_first(int depth)
    {
        using var ring = RingOpening.TryOpen(depth, out _, out _)!;
        var ofSender = OnThread(() =>
        {
            ring.NextEntry();
            Assert.Equal(1, ring.Enter(0));
            return RingWorkers.Of(ring.Handle);
        });
        Assert.Equal((RingWorkers.PerThread, RingWorkers.PerThread), ofSender);
    }

    [WorkersTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void Many_rings_have_no_more_together_than_the_thread_that_sends_to_them_may_have(int bound) =>
        Assert.InRange(OnThread(() => MostUnderLoad(bound)), 1, bound);

    /// <summary>How many this thread has at most, while it writes to each file through the page cache, and flushes
    /// what it wrote.</summary>
    private int MostUnderLoad(int bound)
    {
        var others = Workers();
        var rings = files.Value.Select(file => Open(file, bound)).ToArray();
        var most = 0;
        for (var round = 0; round < 10; round++)
        {
            var calls = rings.Select(WriteAndFlush).ToArray();
            most = Math.Max(most, Workers().Count(worker => !others.Contains(worker)));
            for (var index = 0; index < Rings; index++)
            {
                rings[index].PollUntilDone(calls[index]);
            }
        }

        Array.ForEach(rings, ring => ring.DisposeAsync().AsTask().Wait());
        return most;
    }

    private static PolledRing Open(RingFile file, int bound)
    {
        var ring = RingOpening.TryOpen(Depth, out _, out _)!;
        var polled = new PolledRing(file.Store, ring: ring);
        RingWorkers.Bound(ring.Handle, bound);
        return polled;
    }

    private static Task WriteAndFlush(PolledRing ring)
    {
        var calls = new List<Task>();
        for (var index = 0; index < Depth / 2; index++)
        {
            var batch = Bytes.Batch(Bytes.Filled(4096, (byte)index));
            calls.Add(ring.Engine.WriteAsync(index * 8192, batch, forceUnitAccess: false).AsTask());
            calls.Add(ring.Engine.FlushAsync().AsTask());
        }

        ring.Engine.Poll();
        return Task.WhenAll(calls);
    }

    /// <summary>The process's, each by the thread that it works for.</summary>
    private static List<string> Workers() => [.. Directory.EnumerateDirectories("/proc/self/task")
        .Select(NameOf).Where(name => name.StartsWith("iou-wrk-", StringComparison.Ordinal))];

    private static string NameOf(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "comm"));
        }
        catch (IOException)
        {
            return "It has ended meanwhile.";
        }
    }

    /// <summary>On one that never sent to a ring.</summary>
    private static T OnThread<T>(Func<T> work)
    {
        var task = new Task<T>(work, TaskCreationOptions.LongRunning);
        var thread = new Thread(() => task.RunSynchronously());
        thread.Start();
        thread.Join();
        return task.GetAwaiter().GetResult();
    }

    /// <summary>Needs a kernel that lets us say how many.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class WorkersTheoryAttribute : TheoryAttribute
    {
        public WorkersTheoryAttribute() => Skip = RingAvailability.Reason
            ?? (Environment.OSVersion.Version < new Version(5, 15) ? "Only Linux 5.15 bounds them." : null);
    }
}

[CollectionDefinition(nameof(RingWorkersTests), DisableParallelization = true)]
public sealed class RingWorkersGroup;

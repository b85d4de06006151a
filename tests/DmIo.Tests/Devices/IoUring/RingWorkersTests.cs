using DmIo.Devices.IoUring;
using Xunit;

namespace DmIo.Tests.Devices.IoUring;

/// <summary>
/// The kernel threads for blocking operations. They are identified by the thread that they work for, whose number in
/// the kernel is unknown in a container, so no other test submits to a ring at the same time.
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
    public void The_limit_of_a_thread_does_not_depend_on_its_first_ring(int depth)
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
    public void All_rings_of_a_thread_share_its_limit_of_workers(int bound) =>
        Assert.InRange(OnThread(() => MostUnderLoad(bound)), 1, bound);

    /// <summary>The maximum number of workers of this thread while it writes to each file through the page cache and
    /// flushes.</summary>
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

    /// <summary>The workers of the process, each by the thread that it works for.</summary>
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

    /// <summary>Runs on a thread that has never submitted to a ring.</summary>
    private static T OnThread<T>(Func<T> work)
    {
        var task = new Task<T>(work, TaskCreationOptions.LongRunning);
        var thread = new Thread(() => task.RunSynchronously());
        thread.Start();
        thread.Join();
        return task.GetAwaiter().GetResult();
    }

    /// <summary>Requires a kernel that permits setting the number of workers.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class WorkersTheoryAttribute : TheoryAttribute
    {
        public WorkersTheoryAttribute() => Skip = RingAvailability.Reason
            ?? (Environment.OSVersion.Version < new Version(5, 15) ? "Only Linux 5.15 bounds them." : null);
    }
}

[CollectionDefinition(nameof(RingWorkersTests), DisableParallelization = true)]
public sealed class RingWorkersGroup;

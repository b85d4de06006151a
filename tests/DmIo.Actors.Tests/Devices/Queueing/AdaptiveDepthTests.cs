using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

/// <summary>A flood of 256 beside a lease with one at a time, on a simulated disk that does a few at a
/// time.</summary>
public sealed class AdaptiveDepthTests
{
    private const int Most = 64;

    [Theory]
    [InlineData(1, 3.1)]
    [InlineData(2, 3.1)]
    [InlineData(4, 2.1)]
    [InlineData(8, 2.1)]
    public void The_depth_stays_near_what_the_disk_can_do_and_its_throughput_is_kept(int servers, double mostSlower)
    {
        var alone = Run(servers, QueueDepth.Fixed(1), floods: false);
        var deep = Run(servers, QueueDepth.Fixed(Most));

        var adaptive = Run(servers, QueueDepth.Adaptive(1, Most));

        Assert.InRange(adaptive.Depth, servers, servers + 4);
        Assert.InRange(adaptive.Served, deep.Served * 0.95, deep.Served * 1.05);
        Assert.InRange(adaptive.Median / alone.Median, 1, mostSlower);
        Assert.InRange(deep.Median / alone.Median, Most / servers * 0.9, double.MaxValue);
    }

    [Fact]
    public void Reads_and_writes_that_take_different_times_do_not_mislead_it()
    {
        var random = new Random(1);
        var adaptive = Run(
            4,
            QueueDepth.Adaptive(1, Most),
            service: operation => operation.Operation == IoOperation.Read ? 0.05 : 0.2 * (0.5 + random.NextDouble()),
            operation: () => random.Next(2) == 0 ? IoOperation.Read : IoOperation.Write);

        Assert.InRange(adaptive.Depth, 4, 9);
    }

    [Fact]
    public void A_disk_whose_latency_scatters_is_not_held_below_what_it_can_do()
    {
        var random = new Random(1);
        double Service(DeviceOperation operation) => -0.1 * Math.Log(1 - random.NextDouble());
        var deep = Run(8, QueueDepth.Fixed(Most), service: Service);

        var adaptive = Run(8, QueueDepth.Adaptive(1, Most), service: Service);

        Assert.InRange(adaptive.Served, deep.Served * 0.9, deep.Served * 1.1);
        Assert.InRange(adaptive.Depth, 7, 24);
    }

    [Fact]
    public void It_finds_its_way_after_the_disk_has_become_slower()
    {
        var bench = new QueueBench(new IoQueueOptions { Depth = QueueDepth.Adaptive(1, Most) });
        var milliseconds = 0.1;
        var disk = new SimulatedDisk(bench, 4, _ => milliseconds);
        var flood = Flood(() => IoOperation.Read);
        disk.RunUntil(2000, flood);

        milliseconds = 0.5;
        disk.RunUntil(15_000, flood);

        Assert.InRange(bench.Queue.Depth, 4, 8);
    }

    [Fact]
    public void Bounds_are_kept()
    {
        var adaptive = Run(1, QueueDepth.Adaptive(3, 5));

        Assert.InRange(adaptive.Depth, 3, 5);
    }

    [Fact]
    public void A_flush_is_beside_the_depth()
    {
        var bench = new QueueBench(new IoQueueOptions { Depth = QueueDepth.Adaptive(1, Most) });
        bench.Write(0, 8);
        bench.Take();
        bench.Write(100, 8);
        bench.Flush();

        Assert.Equal(IoOperation.Flush, bench.Take().Operation);
        Assert.Null(bench.TryTake());
    }

    private static (double Median, int Served, int Depth) Run(
        int servers,
        QueueDepth depth,
        bool floods = true,
        Func<DeviceOperation, double>? service = null,
        Func<IoOperation>? operation = null)
    {
        var bench = new QueueBench(new IoQueueOptions { Depth = depth });
        var disk = new SimulatedDisk(bench, servers, service ?? (_ => 0.1));
        var flood = Flood(operation ?? (() => IoOperation.Read));
        var random = new Random(2);
        var single = new SimulatedDisk.User(
            1, () => QueueBench.New(IoOperation.Read, random.NextInt64(1L << 40) * 8, 8, lease: 2));
        SimulatedDisk.User[] users = floods ? [flood, single] : [single];
        disk.RunUntil(200, users);
        flood.Forget();
        single.Forget();
        disk.RunUntil(800, users);
        return (single.MedianLatency, flood.Latencies.Count + single.Latencies.Count, bench.Queue.Depth);
    }

    private static SimulatedDisk.User Flood(Func<IoOperation> operation)
    {
        var random = new Random(1);
        return new SimulatedDisk.User(
            256, () => QueueBench.New(operation(), random.NextInt64(1L << 40) * 8, 8, lease: 1));
    }
}

using DmIo.Actors.Scheduling;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

/// <summary>A flood of 256 I/Os and a lease with one I/O at a time, on a simulated disk with limited
/// parallelism.</summary>
public sealed class AdaptiveDepthTests
{
    private const int Most = 64;

    private const double DeepDiskAlone = 0.06;

    [Theory]
    [InlineData(1, 3.1)]
    [InlineData(2, 3.1)]
    [InlineData(4, 2.1)]
    [InlineData(8, 2.1)]
    public void The_depth_stays_near_the_parallelism_of_the_disk_and_throughput_is_kept(int servers, double mostSlower)
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
    public void Different_latencies_of_reads_and_writes_do_not_mislead_the_depth()
    {
        var random = new Random(1);
        var adaptive = Run(
            4,
            QueueDepth.Adaptive(1, Most),
            service: one => one.Operation.Kind == IoOperation.Read ? 0.05 : 0.2 * (0.5 + random.NextDouble()),
            operation: () => random.Next(2) == 0 ? IoOperation.Read : IoOperation.Write);

        Assert.InRange(adaptive.Depth, 4, 9);
    }

    [Fact]
    public void A_disk_with_noisy_latency_keeps_its_throughput()
    {
        var random = new Random(1);
        double Service(DispatchedOperation operation) => -0.1 * Math.Log(1 - random.NextDouble());
        var deep = Run(8, QueueDepth.Fixed(Most), service: Service);

        var adaptive = Run(8, QueueDepth.Adaptive(1, Most), service: Service);

        Assert.InRange(adaptive.Served, deep.Served * 0.9, deep.Served * 1.1);
        Assert.InRange(adaptive.Depth, 7, 24);
    }

    [Fact]
    public void The_depth_adapts_after_the_disk_has_become_slower()
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
    public void A_flush_does_not_count_against_the_depth()
    {
        var bench = new QueueBench(new IoQueueOptions { Depth = QueueDepth.Adaptive(1, Most) });
        bench.Write(0, 8);
        bench.Take();
        bench.Write(100, 8);
        bench.Flush();

        Assert.Equal(IoOperation.Flush, bench.Take().Operation.Kind);
        Assert.Null(bench.TryTake());
    }

    [Fact]
    public void A_lease_with_one_io_at_a_time_waits_little_during_a_flood_even_on_a_disk_that_needs_a_queue()
    {
        var (bench, disk) = NewDeepDisk(QueueDepth.Adaptive(1, Most));
        var (flood, single) = (Flood(() => IoOperation.Read), Single());
        disk.RunUntil(200, flood);
        Assert.InRange(bench.Queue.Depth, 16, Most);

        disk.RunUntil(400, flood, single);
        single.Forget();
        disk.RunUntil(1000, flood, single);

        Assert.InRange(single.MedianLatency / DeepDiskAlone, 1, 3);
        Assert.InRange(bench.Queue.Depth, 4, 8);
    }

    [Fact]
    public void The_flood_gets_the_full_depth_again_when_the_other_lease_is_idle()
    {
        var (bench, disk) = NewDeepDisk(QueueDepth.Adaptive(1, Most));
        var (flood, single) = (Flood(() => IoOperation.Read), Single());
        disk.RunUntil(400, flood, single);
        Assert.InRange(bench.Queue.Depth, 4, 8);

        single.Most = 0;
        disk.RunUntil(500, flood, single);

        Assert.InRange(bench.Queue.Depth, 16, Most);
    }

    [Theory]
    [InlineData(SchedulingPolicy.Deadline)]
    [InlineData(SchedulingPolicy.Fifo)]
    public void Other_policies_than_fair_keep_the_depth_for_the_flood(SchedulingPolicy policy)
    {
        var (bench, disk) = NewDeepDisk(QueueDepth.Adaptive(1, Most), policy);

        disk.RunUntil(400, Flood(() => IoOperation.Read), Single());

        Assert.InRange(bench.Queue.Depth, 16, Most);
    }

    [Theory]
    [InlineData(0.1, 3, 5)]
    [InlineData(0.2, 9, 15)]
    [InlineData(0.01, 1, 1)]
    [InlineData(10, 16, Most)]
    public void The_depth_keeps_latency_within_the_target(double milliseconds, int least, int most)
    {
        var target = TimeSpan.FromMilliseconds(milliseconds);
        var (bench, disk) = NewDeepDisk(QueueDepth.Adaptive(1, Most, target));

        disk.RunUntil(1000, Flood(() => IoOperation.Read));

        Assert.InRange(bench.Queue.Depth, least, most);
    }

    [Fact]
    public void A_target_is_kept_when_the_disk_has_become_slower()
    {
        var bench = new QueueBench(
            new IoQueueOptions { Depth = QueueDepth.Adaptive(1, Most, TimeSpan.FromMilliseconds(0.2)) });
        var each = 0.01;
        var disk = new SimulatedDisk(bench, Most, _ => 0.05 + (each * bench.Queue.InFlight));
        var flood = Flood(() => IoOperation.Read);
        disk.RunUntil(500, flood);
        Assert.InRange(bench.Queue.Depth, 9, 15);

        each = 0.03;
        disk.RunUntil(1000, flood);

        Assert.InRange(bench.Queue.Depth, 3, 5);
    }

    /// <summary>A disk whose latency grows with its load while throughput still grows, like an array of
    /// disks.</summary>
    private static (QueueBench Bench, SimulatedDisk Disk) NewDeepDisk(
        QueueDepth depth, SchedulingPolicy policy = SchedulingPolicy.Fair)
    {
        var bench = new QueueBench(new IoQueueOptions { Depth = depth, Policy = policy });
        return (bench, new SimulatedDisk(bench, Most, _ => 0.05 + (0.01 * bench.Queue.InFlight)));
    }

    private static SimulatedDisk.User Single()
    {
        var random = new Random(2);
        return new SimulatedDisk.User(
            1, () => QueueBench.New(IoOperation.Read, random.NextInt64(1L << 40) * 8, 8, lease: 2));
    }

    private static (double Median, int Served, int Depth) Run(
        int servers,
        QueueDepth depth,
        bool floods = true,
        Func<DispatchedOperation, double>? service = null,
        Func<IoOperation>? operation = null)
    {
        var bench = new QueueBench(new IoQueueOptions { Depth = depth });
        var disk = new SimulatedDisk(bench, servers, service ?? (_ => 0.1));
        var flood = Flood(operation ?? (() => IoOperation.Read));
        var single = Single();
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

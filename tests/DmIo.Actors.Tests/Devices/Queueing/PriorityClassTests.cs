using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

public sealed class PriorityClassTests
{
    private readonly QueueBench bench = new(QueueBench.Fixed(depth: 1));
    private long nextStart;

    [Theory]
    [InlineData(SchedulingPolicy.Fair)]
    [InlineData(SchedulingPolicy.Deadline)]
    internal void Real_time_goes_before_best_effort_before_idle(SchedulingPolicy policy)
    {
        var queue = new QueueBench(QueueBench.Fixed(depth: 1, policy));
        var idle = queue.Write(0, 8, priority: IoPriority.Idle);
        var usual = queue.Write(100, 8);
        var urgent = queue.Write(200, 8, priority: IoPriority.RealTime);

        Assert.Equal([urgent, usual, idle], Serve(queue, 3));
    }

    [Fact]
    public void A_starved_class_gets_one_operation_per_expiry()
    {
        var usual = Enumerable.Range(0, 10).Select(_ => Add(IoPriority.BestEffort)).ToList();
        var order = new List<IQueuedIo>();
        for (var time = 0; time < 2000; time += 10)
        {
            Add(IoPriority.RealTime);
            order.AddRange(Serve(bench, 1));
            bench.Pass(10);
        }

        // At 500, 1000 and 1500 ms; not the whole backlog at once, although all of it has expired.
        Assert.Equal(usual[..3], order.Where(io => io.Priority == IoPriority.BestEffort));
        Assert.Equal([50, 100, 150], usual[..3].ConvertAll(order.IndexOf));
    }

    [Fact]
    public void A_served_class_does_not_expire()
    {
        for (var index = 0; index < 100; index++)
        {
            Add(IoPriority.Idle);
        }

        for (var time = 0; time < 4900; time += 100)
        {
            Add(IoPriority.BestEffort);
            Assert.Equal(IoPriority.BestEffort, Serve(bench, 1)[0].Priority);
            bench.Pass(100);
        }

        Assert.Equal(IoPriority.Idle, Serve(bench, 1)[0].Priority);
        Add(IoPriority.BestEffort);
        bench.Pass(4900);
        Assert.Equal(IoPriority.BestEffort, Serve(bench, 1)[0].Priority);
    }

    [Fact]
    public void An_old_backlog_of_a_flood_does_not_turn_sharing_into_arrival_order()
    {
        for (var index = 0; index < 1000; index++)
        {
            Add(IoPriority.BestEffort, lease: 1);
        }

        bench.Pass(60_000);
        Serve(bench, 1);
        var single = Add(IoPriority.BestEffort, lease: 2);

        Assert.Contains(single, Serve(bench, 2));
    }

    [Fact]
    public void Io_that_blocks_urgent_io_inherits_its_class()
    {
        var holder = bench.Read(0, 8, priority: IoPriority.Idle);
        var between = bench.Write(4, 8, priority: IoPriority.Idle);
        Add(IoPriority.BestEffort);
        var urgent = bench.Read(8, 8, priority: IoPriority.RealTime);

        Assert.Equal([holder, between, urgent], Serve(bench, 3));
    }

    private DeviceIo Add(IoPriority priority, long lease = 1) => bench.Write(nextStart += 100, 8, lease, priority);

    private static List<IQueuedIo> Serve(QueueBench bench, int count)
    {
        var served = new List<IQueuedIo>();
        for (var index = 0; index < count; index++)
        {
            var operation = bench.Take();
            served.Add(operation.Ios[0]);
            bench.Complete(operation);
        }

        return served;
    }
}

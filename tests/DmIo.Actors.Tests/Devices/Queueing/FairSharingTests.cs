using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

public sealed class FairSharingTests
{
    private readonly QueueBench bench = new(QueueBench.Fixed(depth: 1));
    private long nextStart;

    [Theory]
    [InlineData(100, 100)]
    [InlineData(100, 300)]
    [InlineData(1, 100)]
    [InlineData(10_000, 2_500)]
    public void Backlogged_leases_get_shares_by_their_weights(int one, int other)
    {
        Queue(1, one, 4096, sectors: 8);
        Queue(2, other, 4096, sectors: 8);

        var served = Serve(2000).CountBy(io => io.Lease.Value).ToDictionary();

        var expected = 2000.0 * one / (one + other);
        Assert.InRange(served[1], expected - 2, expected + 2);
    }

    [Fact]
    public void Shares_count_bytes_and_operations()
    {
        Queue(1, 100, 2000, sectors: 8);
        Queue(2, 100, 2000, sectors: 256);

        var served = Serve(1000).CountBy(io => io.Lease.Value).ToDictionary();

        // (128 + 16) KiB : (4 + 16) KiB
        Assert.InRange((double)served[1] / served[2], 7.0, 7.4);
    }

    [Fact]
    public void Within_a_lease_io_is_issued_in_arrival_order()
    {
        DeviceIo[] all = [Write(1), Write(1), Write(1)];

        Assert.Equal(all, Serve(3));
    }

    [Fact]
    public void Io_that_waited_for_conflicts_keeps_its_place_in_its_lease()
    {
        bench.Write(0, 8);
        var first = bench.Take();
        var second = bench.Write(0, 8);
        var (third, fourth) = (bench.Write(100, 8), bench.Write(200, 8));
        bench.Complete(first);

        Assert.Equal([second, third, fourth], Serve(3));
    }

    [Fact]
    public void A_flood_does_not_delay_a_lease_with_one_io_at_a_time()
    {
        Queue(1, 100, 256, sectors: 8);
        Serve(10);

        for (var round = 0; round < 50; round++)
        {
            var single = Write(2);
            Assert.Contains(single, Serve(2));
        }
    }

    [Fact]
    public void A_lease_that_was_idle_gets_no_credit_for_the_past()
    {
        Queue(1, 100, 1000, sectors: 8);
        Serve(500);
        Queue(2, 100, 1000, sectors: 8);

        Assert.InRange(Serve(100).Count(io => io.Lease.Value == 2), 48, 52);
    }

    [Fact]
    public void A_large_io_delays_the_later_ones_of_its_lease()
    {
        Queue(1, 100, 1000, sectors: 8);
        for (var round = 0; round < 10; round++)
        {
            var large = Add(2, 100, 2040);
            var served = 0;
            for (var isServed = false; !isServed; served++)
            {
                isServed = ReferenceEquals(Serve(1)[0], large);
            }

            // A large I/O costs as much as 51 small ones: (1020 + 16) KiB : (4 + 16) KiB
            Assert.InRange(served, round == 0 ? 1 : 50, 53);
        }
    }

    [Fact]
    public void An_idle_device_resets_the_shares()
    {
        Add(1, 1, 2048);
        Serve(1);
        Assert.True(bench.Queue.IsEmpty);

        var first = Write(1);
        Write(2);

        Assert.Equal([first], Serve(1));
    }

    [Fact]
    public void State_of_old_leases_is_dropped()
    {
        var order = new FairScheduler();
        for (var lease = 1; lease <= 1000; lease++)
        {
            var entry = new QueueEntry();
            entry.Begin(QueueBench.New(IoOperation.Read, 0, 8, lease), lease, TimeSpan.Zero);
            order.Add(entry);
            order.Remove(order.Next(TimeSpan.Zero)!, DequeueReason.Chosen);

            Assert.InRange(order.FlowCount, 1, FairScheduler.MaxIdle + 1);
        }
    }

    [Fact]
    public void Virtual_time_may_wrap_around()
    {
        // At the lowest weight an I/O costs 2^40 * 100, so 84,000 of them exceed 2^63.
        var order = new FairScheduler();
        var counts = new int[3];
        var number = 0;
        QueueEntry[] entries = [new(), new(), new()];
        DeviceIo[] ios = [New(0), New(1), New(2)];
        Add(1);
        Add(2);
        while (number < 300_000)
        {
            var lease = (int)order.Next(TimeSpan.Zero)!.Lease.Value;
            order.Remove(entries[lease], DequeueReason.Chosen);
            counts[lease]++;
            Add(lease);
        }

        Assert.InRange(counts[1] - counts[2], -2, 2);

        static DeviceIo New(int lease) => QueueBench.New(IoOperation.Read, 0, 1L << 34, lease, weight: 1);

        void Add(int lease)
        {
            entries[lease].Begin(ios[lease], ++number, TimeSpan.Zero);
            order.Add(entries[lease]);
        }
    }

    [Fact]
    public void Policy_fifo_uses_arrival_order_only()
    {
        var fifo = new QueueBench(QueueBench.Fixed(depth: 1, SchedulingPolicy.Fifo));
        DeviceIo[] all =
        [
            fifo.Write(900, 8, lease: 1, IoPriority.Idle),
            fifo.Write(500, 8, lease: 1),
            fifo.Read(100, 8, lease: 2, IoPriority.RealTime),
        ];

        Assert.Equal(all, Serve(fifo, 3));
    }

    private void Queue(long lease, int weight, int count, int sectors)
    {
        for (var index = 0; index < count; index++)
        {
            Add(lease, weight, sectors);
        }
    }

    private DeviceIo Write(long lease) => Add(lease, 100, 8);

    private DeviceIo Add(long lease, int weight, int sectors)
    {
        nextStart += 4096;
        return bench.Add(QueueBench.New(IoOperation.Write, nextStart, sectors, lease, weight));
    }

    private List<IQueuedIo> Serve(int count) => Serve(bench, count);

    private static List<IQueuedIo> Serve(QueueBench bench, int count)
    {
        var served = new List<IQueuedIo>();
        for (var index = 0; index < count; index++)
        {
            var operation = bench.Take();
            served.Add(Assert.Single(operation.Ios.ToArray()));
            bench.Complete(operation);
        }

        return served;
    }
}

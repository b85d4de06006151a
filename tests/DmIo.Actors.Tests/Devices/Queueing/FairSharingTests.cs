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
    public void Leases_that_always_want_something_get_shares_by_their_weights(int one, int other)
    {
        Queue(1, one, 4096, sectors: 8);
        Queue(2, other, 4096, sectors: 8);

        var served = Serve(2000).CountBy(io => io.Lease.Value).ToDictionary();

        var expected = 2000.0 * one / (one + other);
        Assert.InRange(served[1], expected - 2, expected + 2);
    }

    [Fact]
    public void Shares_are_of_bytes_and_operations_so_that_long_ones_count_for_more()
    {
        Queue(1, 100, 2000, sectors: 8);
        Queue(2, 100, 2000, sectors: 256);

        var served = Serve(1000).CountBy(io => io.Lease.Value).ToDictionary();

        // (128 + 16) KiB : (4 + 16) KiB
        Assert.InRange((double)served[1] / served[2], 7.0, 7.4);
    }

    [Fact]
    public void Within_a_lease_the_earliest_goes_first()
    {
        DeviceIo[] all = [Write(1), Write(1), Write(1)];

        Assert.Equal(all, Serve(3));
    }

    [Fact]
    public void One_that_had_to_wait_for_others_has_kept_its_place_in_its_lease()
    {
        bench.Write(0, 8);
        var first = bench.Take();
        var second = bench.Write(0, 8);
        var (third, fourth) = (bench.Write(100, 8), bench.Write(200, 8));
        bench.Complete(first);

        Assert.Equal([second, third, fourth], Serve(3));
    }

    [Fact]
    public void A_flood_does_not_hold_up_a_lease_with_one_at_a_time()
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
    public void One_who_asks_for_much_at_a_time_waits_for_it_afterwards()
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

            // A large one costs as much as 51 small ones: (1020 + 16) KiB : (4 + 16) KiB
            Assert.InRange(served, round == 0 ? 1 : 50, 53);
        }
    }

    [Fact]
    public void Once_the_device_was_at_rest_nobody_owes_anything()
    {
        Add(1, 1, 2048);
        Serve(1);
        Assert.True(bench.Queue.IsEmpty);

        var first = Write(1);
        Write(2);

        Assert.Equal([first], Serve(1));
    }

    [Fact]
    public void However_many_leases_come_and_go_few_are_remembered()
    {
        var order = new FairOrder();
        for (var lease = 1; lease <= 1000; lease++)
        {
            var entry = new QueueEntry();
            entry.Begin(QueueBench.New(IoOperation.Read, 0, 8, lease), lease, TimeSpan.Zero);
            order.Add(entry);
            order.Remove(order.Next(TimeSpan.Zero)!, Departure.Chosen);

            Assert.InRange(order.FlowCount, 1, FairOrder.MostIdle + 1);
        }
    }

    [Fact]
    public void Virtual_time_may_wrap_around()
    {
        // At the least weight one of these takes 2^40 * 100, so that 2^63 is passed after 84 thousand.
        var order = new FairOrder();
        var counts = new int[3];
        var number = 0;
        QueueEntry[] entries = [new(), new(), new()];
        DeviceIo[] ios = [New(0), New(1), New(2)];
        Add(1);
        Add(2);
        while (number < 300_000)
        {
            var lease = (int)order.Next(TimeSpan.Zero)!.Lease.Value;
            order.Remove(entries[lease], Departure.Chosen);
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
    public void Policy_fifo_goes_by_arrival_alone()
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

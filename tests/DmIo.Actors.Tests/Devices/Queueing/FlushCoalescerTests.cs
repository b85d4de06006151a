using DmIo.Actors.Protocol;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

public sealed class FlushCoalescerTests
{
    private readonly QueueBench bench = new();

    [Fact]
    public void A_flush_waits_for_no_write_and_blocks_none()
    {
        bench.Write(0, 8);
        bench.Flush();
        bench.Write(100, 8);

        Assert.Equal(3, bench.TakeAll().Count);
    }

    [Fact]
    public void All_waiting_flushes_share_one()
    {
        DeviceIo[] flushes = [bench.Flush(), bench.Flush(), bench.Flush()];

        var operation = bench.Take();

        Assert.Equal(IoOperation.Flush, operation.Operation.Kind);
        Assert.Equal(flushes, operation.Ios.ToArray());
        Assert.Equal((1, 0), (bench.Queue.InFlight, bench.Queue.Waiting));
    }

    [Fact]
    public void R14_a_flush_that_arrives_during_another_needs_the_next()
    {
        bench.Flush();
        var running = bench.Take();
        var second = bench.Flush();
        var third = bench.Flush();

        Assert.Null(bench.TryTake());
        bench.Complete(running);
        Assert.Equal([second, third], bench.Take().Ios.ToArray());
    }

    [Fact]
    public void A_single_durable_write_uses_FUA_of_the_device()
    {
        var native = Native();
        native.Durable(0, 8);

        var operation = native.Take();

        Assert.Equal(IoOperation.Write, operation.Operation.Kind);
        Assert.True(operation is { Operation.ForceUnitAccess: true, NeedsFlush: false });
    }

    [Fact]
    public void R14_a_FUA_write_in_flight_counts_as_a_flush_in_flight()
    {
        var native = Native();
        native.Durable(0, 8);
        var write = native.Take();
        native.Flush();

        Assert.Null(native.TryTake());
        native.Complete(write);
        Assert.Equal(IoOperation.Flush, native.Take().Operation.Kind);
    }

    [Fact]
    public void During_a_flush_a_durable_write_is_a_plain_write_that_shares_the_next_flush()
    {
        var native = Native();
        var flush = native.Flush();
        var flushing = native.Take();
        var write = native.Durable(0, 8);
        var writing = native.Take();

        Assert.Equal([flush], flushing.Ios.ToArray());
        Assert.True(writing is { Operation.ForceUnitAccess: false, NeedsFlush: true });
        native.Written(writing);
        Assert.Null(native.TryTake());
        var later = native.Flush();
        native.Complete(flushing);
        Assert.Equal([write, later], native.Take().Ios.ToArray());
    }

    [Fact]
    public void Durable_writes_that_arrive_together_share_a_flush_even_if_the_device_has_FUA()
    {
        var native = Native();
        DeviceIo[] writes = [native.Durable(0, 8), native.Durable(100, 8), native.Durable(200, 8)];

        var operations = native.TakeAll();
        Assert.All(
            operations,
            operation => Assert.True(operation is { NeedsFlush: true, Operation.ForceUnitAccess: false }));
        operations.ForEach(native.Written);

        Assert.Equal(writes, native.Take().Ios.ToArray());
    }

    [Fact]
    public void Durable_zeroing_always_needs_a_flush()
    {
        var native = Native();
        native.Add(QueueBench.New(IoOperation.WriteZeroes, 0, 8, durable: true));

        Assert.True(native.Take() is { Operation.ForceUnitAccess: false, NeedsFlush: true });
    }

    [Fact]
    public void Io_that_conflicts_with_a_durable_write_is_ready_once_the_data_is_written()
    {
        bench.Durable(0, 8);
        var read = bench.Read(0, 8);
        var writing = bench.Take();
        Assert.Null(bench.TryTake());

        bench.Written(writing);

        var taken = bench.TakeAll();
        Assert.Contains(taken, operation => operation.Ios[0] == read);
        Assert.Contains(taken, operation => operation.Operation.Kind == IoOperation.Flush);
    }

    [Fact]
    public void A_failed_durable_write_needs_no_flush()
    {
        bench.Durable(0, 8);

        bench.Complete(bench.Take());

        Assert.True(bench.Queue.IsEmpty);
    }

    [Fact]
    public void Without_a_volatile_cache_a_durable_write_is_a_plain_write()
    {
        var stable = new QueueBench(
            device: QueueBench.Device() with { HasVolatileCache = false, HasForceUnitAccess = true });
        stable.Durable(0, 8);

        Assert.True(stable.Take() is { Operation.ForceUnitAccess: false, NeedsFlush: false });
    }

    [Fact]
    public void A_withdrawn_flush_shares_nothing()
    {
        var (first, second) = (bench.Flush(), bench.Flush());
        var third = bench.Flush();
        Assert.True(bench.Queue.Withdraw(first));
        Assert.True(second.TryWithdraw());

        Assert.Equal([third], bench.Take().Ios.ToArray());
    }

    [Fact]
    public void No_flush_is_issued_if_all_were_withdrawn()
    {
        Assert.True(bench.Flush().TryWithdraw());

        Assert.Null(bench.TryTake());
        Assert.True(bench.Queue.IsEmpty);
    }

    [Fact]
    public void A_flush_is_issued_ahead_of_its_class()
    {
        var one = new QueueBench(QueueBench.Fixed(depth: 1));
        one.Write(0, 8);
        one.Flush();

        Assert.Equal(IoOperation.Flush, one.Take().Operation.Kind);
    }

    [Fact]
    public void A_flush_of_class_idle_waits_for_other_classes_until_it_expires()
    {
        var one = new QueueBench(QueueBench.Fixed(depth: 1));
        one.Flush(IoPriority.Idle);
        one.Write(0, 8);
        one.Write(100, 8);
        var write = one.Take();
        Assert.Equal(IoOperation.Write, write.Operation.Kind);

        one.Complete(write);
        one.Pass(5000);

        Assert.Equal(IoOperation.Flush, one.Take().Operation.Kind);
    }

    [Fact]
    public void A_shared_flush_has_the_highest_priority_of_its_requests()
    {
        var one = new QueueBench(QueueBench.Fixed(depth: 1));
        one.Flush(IoPriority.Idle);
        one.Flush(IoPriority.RealTime);
        one.Write(0, 8, priority: IoPriority.RealTime);

        Assert.Equal(2, one.Take().Ios.Length);
    }

    [Fact]
    public void Thirty_two_durable_writers_share_flushes_without_a_delay()
    {
        var users = Enumerable.Range(0, 32).Select(index => new SimulatedDisk.User(
            1, () => QueueBench.New(IoOperation.Write, index * 100, 8, lease: index, durable: true))).ToArray();
        var disk = new SimulatedDisk(bench, servers: 64, operation => operation.NeedsFlush ? 0.1 : 1);

        disk.RunUntil(200, users);

        // Two alternating groups, one writes while the other is flushed: 16 writes per flush.
        Assert.InRange(users.Sum(user => user.Latencies.Count), 180 * 16, 200 * 32);
        Assert.All(users.SelectMany(user => user.Latencies), latency => Assert.InRange(latency, 1.1, 2.2));
    }

    private static QueueBench Native() => new(device: QueueBench.Device() with { HasForceUnitAccess = true });
}

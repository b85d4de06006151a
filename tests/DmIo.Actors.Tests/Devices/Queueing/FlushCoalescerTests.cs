using DmIo.Actors.Protocol;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

public sealed class FlushCoalescerTests
{
    private readonly QueueBench bench = new();

    [Fact]
    public void A_flush_waits_for_no_write_and_holds_none_up()
    {
        bench.Write(0, 8);
        bench.Flush();
        bench.Write(100, 8);

        Assert.Equal(3, bench.TakeAll().Count);
    }

    [Fact]
    public void All_flushes_that_wait_share_one()
    {
        DeviceIo[] flushes = [bench.Flush(), bench.Flush(), bench.Flush()];

        var operation = bench.Take();

        Assert.Equal(IoOperation.Flush, operation.Operation.Kind);
        Assert.Equal(flushes, operation.Ios.ToArray());
        Assert.Equal((1, 0), (bench.Queue.InFlight, bench.Queue.Waiting));
    }

    [Fact]
    public void R14_a_flush_that_comes_while_one_runs_needs_the_next()
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
    public void A_lonely_durable_write_uses_the_devices_own_FUA()
    {
        var native = Native();
        native.Durable(0, 8);

        var operation = native.Take();

        Assert.Equal(IoOperation.Write, operation.Operation.Kind);
        Assert.True(operation is { Operation.ForceUnitAccess: true, NeedsFlush: false });
    }

    [Fact]
    public void R14_the_devices_own_FUA_counts_as_a_flush_that_runs()
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
    public void Beside_anything_that_syncs_a_durable_write_is_a_plain_one_that_shares_the_next_flush()
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
    public void Durable_writes_that_come_together_share_a_flush_even_if_the_device_has_FUA()
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
    public void Zeroes_that_are_to_be_durable_need_a_flush_always()
    {
        var native = Native();
        native.Add(QueueBench.New(IoOperation.WriteZeroes, 0, 8, durable: true));

        Assert.True(native.Take() is { Operation.ForceUnitAccess: false, NeedsFlush: true });
    }

    [Fact]
    public void What_conflicts_with_a_durable_write_may_go_once_that_is_written()
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
    public void A_durable_write_that_failed_needs_no_flush()
    {
        bench.Durable(0, 8);

        bench.Complete(bench.Take());

        Assert.True(bench.Queue.IsEmpty);
    }

    [Fact]
    public void Where_there_is_no_volatile_cache_a_durable_write_is_a_write()
    {
        var stable = new QueueBench(
            device: QueueBench.Device() with { HasVolatileCache = false, HasForceUnitAccess = true });
        stable.Durable(0, 8);

        Assert.True(stable.Take() is { Operation.ForceUnitAccess: false, NeedsFlush: false });
    }

    [Fact]
    public void A_flush_that_was_withdrawn_shares_nothing()
    {
        var (first, second) = (bench.Flush(), bench.Flush());
        var third = bench.Flush();
        Assert.True(bench.Queue.Withdraw(first));
        Assert.True(second.TryWithdraw());

        Assert.Equal([third], bench.Take().Ios.ToArray());
    }

    [Fact]
    public void Where_all_flushes_were_withdrawn_there_is_none()
    {
        Assert.True(bench.Flush().TryWithdraw());

        Assert.Null(bench.TryTake());
        Assert.True(bench.Queue.IsEmpty);
    }

    [Fact]
    public void A_flush_goes_ahead_of_its_class()
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
    public void A_flush_is_as_urgent_as_the_most_urgent_that_shares_it()
    {
        var one = new QueueBench(QueueBench.Fixed(depth: 1));
        one.Flush(IoPriority.Idle);
        one.Flush(IoPriority.RealTime);
        one.Write(0, 8, priority: IoPriority.RealTime);

        Assert.Equal(2, one.Take().Ios.Length);
    }

    [Fact]
    public void Thirty_two_who_write_durably_share_flushes_without_anybody_waiting_for_company()
    {
        var users = Enumerable.Range(0, 32).Select(index => new SimulatedDisk.User(
            1, () => QueueBench.New(IoOperation.Write, index * 100, 8, lease: index, durable: true))).ToArray();
        var disk = new SimulatedDisk(bench, servers: 64, operation => operation.NeedsFlush ? 0.1 : 1);

        disk.RunUntil(200, users);

        // Two groups in turn, each written while the other is flushed: 16 writes a flush.
        Assert.InRange(users.Sum(user => user.Latencies.Count), 180 * 16, 200 * 32);
        Assert.All(users.SelectMany(user => user.Latencies), latency => Assert.InRange(latency, 1.1, 2.2));
    }

    private static QueueBench Native() => new(device: QueueBench.Device() with { HasForceUnitAccess = true });
}

using DmIo.Actors.Scheduling;
using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

public sealed class ConflictTests
{
    private readonly QueueBench bench =
        new(QueueBench.Fixed(depth: 4), QueueBench.Device() with { Mode = ServiceMode.Inline });

    [Fact]
    public void R20_overlapping_writes_are_issued_one_by_one_in_arrival_order()
    {
        var first = bench.Write(0, 8);
        var second = bench.Write(4, 8);
        var third = bench.Write(7, 1);

        Assert.Equal([first], TakeAll(out var operations));
        bench.Complete(operations[0]);
        Assert.Equal([second], TakeAll(out operations));
        bench.Complete(operations[0]);
        Assert.Equal([third], TakeAll(out _));
    }

    [Fact]
    public void R20_adjacent_writes_run_together()
    {
        var (first, second) = (bench.Write(0, 8), bench.Write(8, 8));

        Assert.Equal([first, second], TakeAll(out _));
    }

    [Theory]
    [InlineData(IoOperation.Read, IoOperation.Write)]
    [InlineData(IoOperation.Write, IoOperation.Read)]
    [InlineData(IoOperation.Discard, IoOperation.Read)]
    [InlineData(IoOperation.Read, IoOperation.WriteZeroes)]
    [InlineData(IoOperation.WriteZeroes, IoOperation.Discard)]
    public void R20_operations_that_change_sectors_exclude_overlapping_ones(IoOperation earlier, IoOperation later)
    {
        var first = bench.Add(QueueBench.New(earlier, 0, 8));
        var second = bench.Add(QueueBench.New(later, 7, 8));

        Assert.Equal([first], TakeAll(out var operations));
        bench.Complete(operations[0]);
        Assert.Equal([second], TakeAll(out _));
    }

    [Fact]
    public void R20_reads_of_the_same_sectors_run_together()
    {
        var (first, second) = (bench.Read(0, 8), bench.Read(0, 8));

        Assert.Equal([first, second], TakeAll(out _));
    }

    [Fact]
    public void R20_a_later_read_of_its_sectors_does_not_pass_a_waiting_write()
    {
        var first = bench.Read(0, 8);
        bench.Write(0, 8);
        bench.Read(0, 8);

        Assert.Equal([first], TakeAll(out _));
    }

    [Fact]
    public void R20_io_without_conflicts_passes_waiting_io()
    {
        var first = bench.Write(0, 8);
        bench.Write(0, 8);
        var elsewhere = bench.Write(100, 8);

        Assert.Equal([first, elsewhere], TakeAll(out _));
    }

    [Fact]
    public void A_write_that_overlaps_many_waits_for_all_of_them()
    {
        bench.Write(0, 8);
        bench.Read(8, 8);
        bench.Write(24, 8);
        var wide = bench.Write(4, 24);

        Assert.Equal(3, TakeAll(out var operations).Count);
        bench.Complete(operations[2]);
        bench.Complete(operations[0]);
        Assert.Empty(TakeAll(out _));
        bench.Complete(operations[1]);
        Assert.Equal([wide], TakeAll(out _));
    }

    [Fact]
    public void At_most_the_depth_is_in_flight()
    {
        for (var index = 0; index < 6; index++)
        {
            bench.Write(index * 8, 8);
        }

        Assert.Equal(4, TakeAll(out var operations).Count);
        Assert.Equal((4, 2), (bench.Queue.InFlight, bench.Queue.Waiting));
        bench.Complete(operations[2]);
        Assert.Single(TakeAll(out _));
    }

    [Fact]
    public void Withdrawn_io_blocks_nothing()
    {
        var first = bench.Write(0, 8);
        var second = bench.Write(4, 8);
        var third = bench.Write(8, 8);
        Assert.Equal([first], TakeAll(out _));

        Assert.True(bench.Queue.Withdraw(second));

        Assert.Equal([third], TakeAll(out _));
    }

    [Fact]
    public void Io_behind_withdrawn_io_still_waits_for_earlier_conflicts()
    {
        var first = bench.Write(0, 8);
        var second = bench.Write(4, 8);
        bench.Read(6, 4);
        Assert.Equal([first], TakeAll(out _));

        bench.Queue.Withdraw(second);

        Assert.Empty(TakeAll(out _));
    }

    [Fact]
    public void Taken_io_cannot_be_withdrawn()
    {
        var first = bench.Write(0, 8);
        bench.Take();

        Assert.False(bench.Queue.Withdraw(first));
        Assert.Equal(1, bench.Queue.InFlight);
    }

    [Fact]
    public void Io_withdrawn_by_its_sender_is_dropped_when_it_is_taken()
    {
        var first = bench.Write(0, 8);
        var second = bench.Write(0, 8);
        Assert.True(first.TryWithdraw());

        Assert.Equal([second], TakeAll(out _));
        Assert.False(bench.Queue.Withdraw(first));
    }

    [Fact]
    public void Ranges_at_the_end_of_the_address_space_do_not_overflow()
    {
        var all = bench.Write(0, SectorCount.MaxValue);
        var last = bench.Read(SectorCount.MaxValue - 1, 1);

        Assert.Equal([all], TakeAll(out var operations));
        bench.Complete(operations[0]);
        Assert.Equal([last], TakeAll(out _));
    }

    [Fact]
    public void The_age_of_the_oldest_operation_in_flight_is_known()
    {
        Assert.Null(bench.Queue.OldestInFlightSince);
        bench.Write(0, 8);
        bench.Write(8, 8);
        bench.Pass(1);
        var older = bench.Take();
        bench.Pass(1);
        bench.Take();

        Assert.Equal(TimeSpan.FromMilliseconds(1), bench.Queue.OldestInFlightSince);
        bench.Complete(older);
        Assert.Equal(TimeSpan.FromMilliseconds(2), bench.Queue.OldestInFlightSince);
    }

    private List<IQueuedIo> TakeAll(out List<DispatchedOperation> operations)
    {
        operations = bench.TakeAll();
        return operations.ConvertAll(operation => operation.Ios[0]);
    }
}

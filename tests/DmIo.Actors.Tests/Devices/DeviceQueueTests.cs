using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Devices;

public sealed class DeviceQueueTests
{
    private readonly DeviceQueue queue = new(depth: 4);

    [Fact]
    public void R20_overlapping_writes_go_one_after_the_other_in_arrival_order()
    {
        var first = Add(IoOperation.Write, 0, 8);
        var second = Add(IoOperation.Write, 4, 8);
        var third = Add(IoOperation.Write, 7, 1);

        Assert.Equal([first], TakeAll());
        queue.Completed(first);
        Assert.Equal([second], TakeAll());
        queue.Completed(second);
        Assert.Equal([third], TakeAll());
    }

    [Fact]
    public void R20_writes_that_only_touch_run_together()
    {
        var (first, second) = (Add(IoOperation.Write, 0, 8), Add(IoOperation.Write, 8, 8));

        Assert.Equal([first, second], TakeAll());
    }

    [Theory]
    [InlineData(IoOperation.Read, IoOperation.Write)]
    [InlineData(IoOperation.Write, IoOperation.Read)]
    [InlineData(IoOperation.Discard, IoOperation.Read)]
    [InlineData(IoOperation.Read, IoOperation.WriteZeroes)]
    [InlineData(IoOperation.WriteZeroes, IoOperation.Discard)]
    public void R20_what_changes_sectors_waits_for_and_holds_up_what_overlaps(IoOperation earlier, IoOperation later)
    {
        var (first, second) = (Add(earlier, 0, 8), Add(later, 7, 8));

        Assert.Equal([first], TakeAll());
        queue.Completed(first);
        Assert.Equal([second], TakeAll());
    }

    [Fact]
    public void R20_reads_of_the_same_sectors_run_together()
    {
        var (first, second) = (Add(IoOperation.Read, 0, 8), Add(IoOperation.Read, 0, 8));

        Assert.Equal([first, second], TakeAll());
    }

    [Fact]
    public void R20_a_waiting_write_is_not_overtaken_by_a_later_read_of_its_sectors()
    {
        var first = Add(IoOperation.Read, 0, 8);
        Add(IoOperation.Write, 0, 8);
        Add(IoOperation.Read, 0, 8);

        Assert.Equal([first], TakeAll());
    }

    [Fact]
    public void R20_what_conflicts_with_nothing_overtakes_what_waits()
    {
        var first = Add(IoOperation.Write, 0, 8);
        Add(IoOperation.Write, 0, 8);
        var elsewhere = Add(IoOperation.Write, 100, 8);

        Assert.Equal([first, elsewhere], TakeAll());
    }

    [Fact]
    public void A_flush_waits_for_no_write_and_holds_none_up()
    {
        var write = Add(IoOperation.Write, 0, 8);
        var flush = Add(IoOperation.Flush, 0, 8);
        var other = Add(IoOperation.Write, 8, 8);

        Assert.Equal([write, flush, other], TakeAll());
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void R14_of_flushes_and_durable_writes_one_runs_at_a_time(bool firstIsWrite, bool secondIsWrite)
    {
        var first = AddFlushing(firstIsWrite, 0);
        var second = AddFlushing(secondIsWrite, 100);

        Assert.Equal([first], TakeAll());
        queue.Completed(first);
        Assert.Equal([second], TakeAll());
    }

    [Fact]
    public void No_more_than_the_queue_depth_are_in_flight()
    {
        for (var index = 0; index < 6; index++)
        {
            Add(IoOperation.Write, index * 8, 8);
        }

        var taken = TakeAll();
        Assert.Equal((4, 4, 2), (taken.Count, queue.InFlight, queue.Waiting));
        queue.Completed(taken[2]);
        Assert.Single(TakeAll());
    }

    [Fact]
    public void What_is_withdrawn_holds_up_nothing_any_more()
    {
        var first = Add(IoOperation.Write, 0, 8);
        var second = Add(IoOperation.Write, 4, 8);
        var third = Add(IoOperation.Write, 8, 8);
        Assert.Equal([first], TakeAll());

        Assert.True(queue.Withdraw(second));

        Assert.Equal([third], TakeAll());
    }

    [Fact]
    public void What_was_taken_cannot_be_withdrawn()
    {
        var first = Add(IoOperation.Write, 0, 8);
        TakeAll();

        Assert.False(queue.Withdraw(first));
        Assert.Equal(1, queue.InFlight);
    }

    [Fact]
    public void Ranges_at_the_end_of_the_address_space_do_not_overflow()
    {
        var first = Add(IoOperation.Write, long.MaxValue - 1, SectorCount.MaxValue);
        var second = Add(IoOperation.Write, 0, SectorCount.MaxValue);
        var third = Add(IoOperation.Write, long.MaxValue, 1);

        Assert.Equal([first, second], TakeAll());
        queue.Completed(first);
        Assert.Equal([third], TakeAll());
    }

    private DeviceIo AddFlushing(bool isWrite, long start) => isWrite
        ? Add(IoOperation.Write, start, 8, forceUnitAccess: true)
        : Add(IoOperation.Flush, start, 8);

    private DeviceIo Add(IoOperation operation, long start, long count, bool forceUnitAccess = false)
    {
        var io = TestRequests.Io(operation, new IoRegion("disk", start, count), forceUnitAccess: forceUnitAccess);
        queue.Add(io);
        return io;
    }

    private List<DeviceIo> TakeAll()
    {
        var taken = new List<DeviceIo>();
        while (queue.TryTakeNext(out var io))
        {
            taken.Add(io);
        }

        return taken;
    }
}

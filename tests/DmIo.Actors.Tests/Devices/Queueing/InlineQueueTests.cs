using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

/// <summary>The queue of a device that is served inline.</summary>
public sealed class InlineQueueTests
{
    private readonly QueueBench bench =
        new(QueueBench.Fixed(depth: 4), QueueBench.Device() with { Mode = ServiceMode.Inline });

    [Fact]
    public void What_comes_into_an_empty_queue_goes_in_the_order_in_which_it_came()
    {
        DeviceIo[] ios = [bench.Write(8, 8), bench.Write(4, 8), bench.Read(0, 4), bench.Write(0, 16)];

        foreach (var io in ios)
        {
            var operation = bench.Take();
            Assert.Equal([io], operation.Ios.ToArray());
            bench.Complete(operation);
        }

        Assert.True(bench.Queue.IsEmpty);
    }

    [Fact]
    public void R20_one_that_went_and_is_under_way_holds_up_what_overlaps_it_and_nothing_else()
    {
        bench.Write(0, 8);
        var waiting = bench.Write(4, 8);
        var free = bench.Write(16, 8);
        var operation = bench.Take();

        Assert.Equal([free], bench.Take().Ios.ToArray());
        Assert.Null(bench.TryTake());
        bench.Complete(operation);
        Assert.Equal([waiting], bench.Take().Ios.ToArray());
    }

    [Fact]
    public void R20_one_that_went_holds_up_what_comes_while_it_is_under_way()
    {
        bench.Write(0, 8);
        var operation = bench.Take();
        var waiting = bench.Read(7, 1);

        Assert.Null(bench.TryTake());
        bench.Complete(operation);
        Assert.Equal([waiting], bench.Take().Ios.ToArray());
    }

    [Fact]
    public void Another_lease_gets_its_share_of_a_flood_that_came_before()
    {
        for (var index = 0; index < 100; index++)
        {
            bench.Write(index * 16, 8, lease: 1);
        }

        bench.EndNext();
        var other = bench.Write(10_000, 8, lease: 2);

        Assert.Equal([other], bench.Take().Ios.ToArray());
    }

    [Fact]
    public void A_more_urgent_class_goes_before_what_came_before()
    {
        bench.Write(0, 8);
        bench.Write(8, 8);
        var urgent = bench.Write(16, 8, priority: IoPriority.RealTime);

        Assert.Equal([urgent], bench.Take().Ios.ToArray());
    }

    [Fact]
    public void What_was_withdrawn_is_not_given_out()
    {
        var (first, second, third) = (bench.Write(0, 8), bench.Write(8, 8), bench.Write(16, 8));
        Assert.True(first.TryWithdraw());
        Assert.True(bench.Queue.Withdraw(first));
        Assert.True(second.TryWithdraw());

        Assert.Equal([third], bench.Take().Ios.ToArray());
        Assert.Equal(0, bench.Queue.Waiting);
    }

    [Fact]
    public void A_flush_waits_for_nobody_and_keeps_none_from_going()
    {
        var first = bench.Write(0, 8);
        bench.Flush();

        Assert.Equal(
            [IoOperation.Flush, IoOperation.Write],
            bench.TakeAll().Select(operation => operation.Operation.Kind).Order().Reverse());
        Assert.False(first.IsWaiting);
    }
}

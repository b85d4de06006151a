using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

/// <summary>The queue of an inline device.</summary>
public sealed class InlineQueueTests
{
    private readonly QueueBench bench =
        new(QueueBench.Fixed(depth: 4), QueueBench.Device() with { Mode = ServiceMode.Inline });

    [Fact]
    public void An_empty_queue_issues_in_arrival_order()
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
    public void R20_io_in_flight_blocks_waiting_io_that_overlaps_it_and_nothing_else()
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
    public void R20_io_in_flight_blocks_later_io_that_overlaps_it()
    {
        bench.Write(0, 8);
        var operation = bench.Take();
        var waiting = bench.Read(7, 1);

        Assert.Null(bench.TryTake());
        bench.Complete(operation);
        Assert.Equal([waiting], bench.Take().Ios.ToArray());
    }

    [Fact]
    public void Another_lease_gets_its_share_after_an_earlier_flood()
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
    public void A_higher_class_passes_earlier_io()
    {
        bench.Write(0, 8);
        bench.Write(8, 8);
        var urgent = bench.Write(16, 8, priority: IoPriority.RealTime);

        Assert.Equal([urgent], bench.Take().Ios.ToArray());
    }

    [Fact]
    public void Withdrawn_io_is_not_taken()
    {
        var (first, second, third) = (bench.Write(0, 8), bench.Write(8, 8), bench.Write(16, 8));
        Assert.True(first.TryWithdraw());
        Assert.True(bench.Queue.Withdraw(first));
        Assert.True(second.TryWithdraw());

        Assert.Equal([third], bench.Take().Ios.ToArray());
        Assert.Equal(0, bench.Queue.Waiting);
    }

    [Fact]
    public void A_flush_waits_for_no_io_and_blocks_none()
    {
        var first = bench.Write(0, 8);
        bench.Flush();

        Assert.Equal(
            [IoOperation.Flush, IoOperation.Write],
            bench.TakeAll().Select(operation => operation.Operation.Kind).Order().Reverse());
        Assert.False(first.IsWaiting);
    }
}

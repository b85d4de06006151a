using DmIo.Actors.Scheduling;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Actors.Tests.Devices.Queueing;

public sealed class MergingTests
{
    private readonly QueueBench bench = new();

    [Fact]
    public void Adjacent_writes_are_merged_in_sector_order()
    {
        var middle = bench.Write(8, 8, lease: 1);
        var last = bench.Write(16, 4, lease: 2);
        var first = bench.Write(4, 4, lease: 3);

        var operation = bench.Take();

        Assert.Equal([first, middle, last], operation.Ios.ToArray());
        Assert.Equal((4, 16), (operation.Operation.Start.Value, operation.Operation.Count.Value));
        Assert.True(operation.IsMerged);
        Assert.Null(bench.TryTake());
    }

    [Fact]
    public void Adjacent_reads_are_merged()
    {
        var (first, second) = (bench.Read(0, 8), bench.Read(8, 8));

        Assert.Equal([first, second], bench.Take().Ios.ToArray());
    }

    [Theory]
    [InlineData(IoOperation.Read, IoOperation.Write)]
    [InlineData(IoOperation.Discard, IoOperation.Discard)]
    [InlineData(IoOperation.WriteZeroes, IoOperation.WriteZeroes)]
    [InlineData(IoOperation.Write, IoOperation.WriteZeroes)]
    public void Other_operations_are_not_merged(IoOperation one, IoOperation other)
    {
        bench.Add(QueueBench.New(one, 0, 8));
        bench.Add(QueueBench.New(other, 8, 8));

        Assert.Equal(2, bench.TakeAll().Count);
    }

    [Fact]
    public void A_write_with_edges_is_not_merged()
    {
        bench.Write(0, 8);
        bench.Add(TestRequests.Io(
            IoOperation.Write, new IoRegion("disk", 8, 8), new byte[4000], edges: new WriteEdges(96, 0)));
        bench.Write(16, 8);

        Assert.All(bench.TakeAll(), operation => Assert.False(operation.IsMerged));
    }

    [Fact]
    public void A_durable_write_is_not_merged_with_one_that_is_not()
    {
        bench.Write(0, 8);
        bench.Durable(8, 8);

        Assert.Equal(2, bench.TakeAll().Count);
    }

    [Fact]
    public void Different_classes_are_not_merged()
    {
        bench.Write(0, 8);
        bench.Write(8, 8, priority: IoPriority.RealTime);

        Assert.Equal(2, bench.TakeAll().Count);
    }

    [Fact]
    public void Waiting_io_is_not_merged()
    {
        bench.Read(8, 1);
        var reading = bench.Take();
        bench.Write(0, 8);
        bench.Write(8, 8);

        Assert.Equal(8, bench.Take().Operation.Count.Value);
        Assert.Null(bench.TryTake());
        bench.Complete(reading);
        Assert.Equal(8, bench.Take().Operation.Start.Value);
    }

    [Fact]
    public void A_merged_operation_respects_the_transfer_limit()
    {
        var small = new QueueBench(device:
            QueueBench.Device() with { MaxTransfer = ByteSize.FromBytes(20 * Sector.SizeBytes) });
        for (var index = 0; index < 5; index++)
        {
            small.Write(index * 8, 8);
        }

        Assert.Equal([16L, 16, 8], small.TakeAll().ConvertAll(operation => operation.Operation.Count.Value));
    }

    [Fact]
    public void Io_beyond_the_transfer_limit_is_not_merged()
    {
        var small = new QueueBench(device:
            QueueBench.Device() with { MaxTransfer = ByteSize.FromBytes(8 * Sector.SizeBytes) });
        small.Write(0, 20);
        small.Write(20, 1);

        Assert.Equal([20L, 1], small.TakeAll().ConvertAll(operation => operation.Operation.Count.Value));
    }

    [Fact]
    public void A_merged_operation_respects_the_segment_limit()
    {
        var few = new QueueBench(device: QueueBench.Device() with { MaxSegments = 4 });
        foreach (var start in (int[])[0, 8, 16])
        {
            few.Add(QueueBench.New(IoOperation.Write, start, 8, memory: Segments(2, 4)));
        }

        Assert.Equal([16L, 8], few.TakeAll().ConvertAll(operation => operation.Operation.Count.Value));
    }

    [Fact]
    public void Segments_behind_the_end_of_the_region_do_not_count()
    {
        var few = new QueueBench(device: QueueBench.Device() with { MaxSegments = 2 });
        few.Add(QueueBench.New(IoOperation.Write, 0, 4, memory: Segments(5, 4)));
        few.Add(QueueBench.New(IoOperation.Write, 4, 4, memory: Segments(5, 4)));

        Assert.Single(few.TakeAll());
    }

    [Fact]
    public void Memory_that_throws_is_not_merged_and_affects_no_other_io()
    {
        bench.Write(0, 8);
        bench.Add(QueueBench.New(IoOperation.Write, 8, 8, memory: new ThrowingMemory()));

        Assert.Equal(2, bench.TakeAll().Count);
    }

    [Fact]
    public void Nothing_is_merged_on_an_inline_device()
    {
        var inline = new QueueBench(device: QueueBench.Device() with { Mode = ServiceMode.Inline });
        inline.Write(0, 8);
        inline.Write(8, 8);

        Assert.Equal(2, inline.TakeAll().Count);
    }

    [Fact]
    public void Withdrawn_io_is_left_out_of_a_merged_operation()
    {
        bench.Write(0, 8);
        var second = bench.Write(8, 8);
        bench.Write(16, 8);
        second.TryWithdraw();

        Assert.Equal([0L, 16], bench.TakeAll().ConvertAll(operation => operation.Operation.Start.Value));
    }

    [Fact]
    public void The_parts_of_a_failed_merged_operation_are_retried_alone_and_first()
    {
        var one = new QueueBench(QueueBench.Fixed(depth: 1));
        var (first, second) = (one.Write(0, 8), one.Write(8, 8));
        var merged = one.Take();
        var behind = one.Write(4, 8);
        one.Write(100, 8, priority: IoPriority.RealTime);
        one.Read(16, 8);

        one.Queue.Retry(merged, one.Now);

        var order = new List<IQueuedIo>();
        while (one.TryTake() is { } operation)
        {
            Assert.False(operation.IsMerged);
            order.Add(operation.Ios[0]);
            one.Complete(operation);
        }

        Assert.Equal([first, second], order[..2]);
        Assert.Equal(5, order.Count);
        Assert.Contains(behind, order);
        Assert.True(one.Queue.IsEmpty);
    }

    private static BioVector Segments(int count, int sectorsEach)
    {
        var length = sectorsEach * Sector.SizeBytes;
        return new([.. Enumerable.Range(0, count).Select(_ => new BioSegment(new byte[length], 0, length))]);
    }

    private sealed class ThrowingMemory : IoMemory
    {
        public override long LengthBytes => 8 * Sector.SizeBytes;

        public override int SegmentCount => throw new InvalidOperationException("The memory cannot be accessed.");

        public override Memory<byte> GetSegment(int index) =>
            throw new InvalidOperationException("The memory cannot be accessed.");
    }
}

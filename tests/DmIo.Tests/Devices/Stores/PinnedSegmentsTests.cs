using System.Buffers;
using System.Runtime.InteropServices;
using DmIo.Devices.Stores;
using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Devices.Stores;

public sealed class PinnedSegmentsTests
{
    private readonly PinnedSegments pinned = new();

    [Fact]
    public unsafe void The_iovecs_are_the_segments_own_addresses_and_lengths_in_order()
    {
        var one = GC.AllocateArray<byte>(100, pinned: true);
        var two = GC.AllocateArray<byte>(300, pinned: true);
        pinned.Pin(Batch(two.AsMemory(10, 20), one.AsMemory(0, 100)));
        Assert.Equal(
            [new NativeSegment(Bytes.AddressOf(two) + 10, 20), new NativeSegment(Bytes.AddressOf(one), 100)],
            pinned.Segments.ToArray());
        Assert.Equal((2, 120), (pinned.Count, pinned.LengthBytes));
        Assert.Equal(Bytes.AddressOf(two) + 10, pinned.First[0].Address);
        Assert.Equal(100, pinned.First[1].LengthBytes);
    }

    [Fact]
    public void Adjacent_segments_become_one_iovec()
    {
        var bytes = GC.AllocateArray<byte>(100, pinned: true);
        pinned.Pin(Batch(
            bytes.AsMemory(0, 10), bytes.AsMemory(10, 10), bytes.AsMemory(30, 10), bytes.AsMemory(20, 10)));
        var start = Bytes.AddressOf(bytes);
        Assert.Equal(
            [new NativeSegment(start, 20), new NativeSegment(start + 30, 10), new NativeSegment(start + 20, 10)],
            pinned.Segments.ToArray());
        Assert.Equal(40, pinned.LengthBytes);
    }

    [Fact]
    public void Adjacent_pages_of_a_slab_become_one_iovec()
    {
        using var pool = new PagePool(16, 16);
        Assert.True(pool.TryLease(16, out var lease));
        var pages = lease.Pages.ToArray().Select(page => page.Memory).ToArray();
        pinned.Pin(Batch(pages));
        var segment = Assert.Single(pinned.Segments.ToArray());
        Assert.Equal(16 * Page.SizeBytes, segment.LengthBytes);
        pinned.Release();
        pool.Return(lease);
    }

    [Fact]
    public unsafe void The_collector_does_not_move_what_is_pinned()
    {
        var arrays = Enumerable.Range(0, 100).Select(index => new byte[1000 + index]).ToArray();
        pinned.Pin(Batch([.. arrays.Select(array => array.AsMemory())]));
        var before = pinned.Segments.ToArray();
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Assert.Equal(before.Sum(segment => segment.LengthBytes), pinned.LengthBytes);
        var rest = 0;
        foreach (var array in arrays)
        {
            // Adjacent arrays would become one iovec, but array headers prevent adjacency.
            Assert.Equal(Bytes.AddressOf(array), before[rest].Address);
            Assert.Equal(Bytes.AddressOf(array), pinned.First[rest++].Address);
        }
    }

    [Fact]
    public void A_block_of_the_pool_is_not_freed_while_it_is_pinned()
    {
        var block = NativeBlock.Allocate(Page.SizeBytes);
        pinned.Pin(Batch(new NativeWindow(block, 0, 100).Memory, new NativeWindow(block, 1000, 100).Memory));
        block.Dispose();
        Marshal.WriteByte(pinned.Segments[1].Address, 7);
        Assert.Equal(7, Marshal.ReadByte(pinned.Segments[1].Address));
        Assert.False(block.IsClosed);
        pinned.Release();
        Assert.True(block.IsClosed);
    }

    [Fact]
    public void A_release_releases_every_pin_once_and_the_object_can_be_reused()
    {
        var managers = Enumerable.Range(0, 40).Select(_ => new CountingMemory()).ToArray();
        for (var round = 1; round <= 3; round++)
        {
            pinned.Pin(Batch([.. managers.Select(manager => manager.Memory)]));
            Assert.All(managers, manager => Assert.Equal((round, round - 1), (manager.Pins, manager.Unpins)));
            pinned.Release();
            pinned.Release();
            Assert.All(managers, manager => Assert.Equal((round, round), (manager.Pins, manager.Unpins)));
            Assert.Equal((0, 0), (pinned.Count, pinned.LengthBytes));
        }
    }

    [Fact]
    public void More_than_1024_iovecs_make_a_short_call_and_the_rest_is_unpinned_too()
    {
        var bytes = GC.AllocateArray<byte>(4096, pinned: true);
        var batch = new SegmentBatch();
        for (var index = 0; index < 1030; index++)
        {
            batch.Add(bytes.AsMemory(index * 2, 1));
        }

        var last = new CountingMemory();
        batch.Add(last.Memory);
        pinned.Pin(batch);
        Assert.Equal((1024, 1024), (pinned.Count, pinned.LengthBytes));
        pinned.Release();
        Assert.Equal(last.Pins, last.Unpins);
    }

    [Fact]
    public void Memory_that_throws_in_Pin_leaves_nothing_pinned()
    {
        var good = new CountingMemory();
        var bad = new CountingMemory { Refuses = true };
        Assert.Throws<InvalidOperationException>(() => pinned.Pin(Batch(good.Memory, bad.Memory)));
        Assert.Equal((1, 1), (good.Pins, good.Unpins));
        pinned.Pin(Batch(good.Memory));
        Assert.Equal(1, pinned.Count);
    }

    [Fact]
    public void No_allocation_in_steady_state()
    {
        using var pool = new PagePool(64, 64);
        Assert.True(pool.TryLease(64, out var lease));
        var batch = new SegmentBatch();
        foreach (var page in lease.Pages.ToArray().Reverse())
        {
            batch.Add(page.Memory);
        }

        batch.Add(new byte[100]);
        var before = 0L;
        for (var round = 0; round < 100; round++)
        {
            before = round == 10 ? GC.GetAllocatedBytesForCurrentThread() : before;
            pinned.Pin(batch);
            pinned.Release();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        pool.Return(lease);
    }

    private static SegmentBatch Batch(params Memory<byte>[] segments)
    {
        var batch = new SegmentBatch();
        foreach (var segment in segments)
        {
            batch.Add(segment);
        }

        return batch;
    }

    /// <summary>A caller's memory class that counts pins.</summary>
    private sealed unsafe class CountingMemory : MemoryManager<byte>
    {
        private readonly byte[] bytes = GC.AllocateArray<byte>(10, pinned: true);

        internal bool Refuses { get; init; }

        internal int Pins { get; private set; }

        internal int Unpins { get; private set; }

        public override Span<byte> GetSpan() => bytes;

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            if (Refuses)
            {
                throw new InvalidOperationException("No.");
            }

            Pins++;
            return new MemoryHandle((byte*)Bytes.AddressOf(bytes) + elementIndex, pinnable: this);
        }

        public override void Unpin() => Unpins++;

        protected override void Dispose(bool disposing)
        {
        }
    }
}

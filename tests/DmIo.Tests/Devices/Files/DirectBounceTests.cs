using System.Buffers;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Devices.Files;

public sealed class DirectBounceTests : IAsyncLifetime
{
    private const int Block = 512;

    private static readonly DirectAlignment Alignment = new(Block, 512);

    private readonly FakeEngine engine = new(1 << 20, Alignment);
    private readonly Memory<byte> memory = new NativeWindow(NativeBlock.Allocate(1 << 20), 0, 1 << 20).Memory;
    private readonly DirectBounce bounce;

    public DirectBounceTests() => bounce = new DirectBounce(engine, Alignment);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await bounce.DisposeAsync();

    [Fact]
    public async Task Aligned_segments_reach_the_engine_at_the_callers_addresses()
    {
        var (first, second) = (memory.Slice(4096, 4096), memory.Slice(16 * 512, 3 * 512));

        await bounce.WriteAsync(0, Bytes.Batch(first, second), forceUnitAccess: false);
        await bounce.ReadAsync(0, Bytes.Batch(first));

        Assert.Equal(
            [(Bytes.AddressOf(first), 4096), (Bytes.AddressOf(second), 1536),
                (Bytes.AddressOf(first), 4096)],
            engine.Segments);
    }

    [Fact]
    public async Task Only_misaligned_blocks_are_copied()
    {
        // Two blocks in place, one copied from two halves, one in place.
        var (head, tail) = (memory.Slice(0, (2 * Block) + 256), memory.Slice(8192 - 256, 256 + Block));
        Fill(head, tail);

        await bounce.WriteAsync(0, Bytes.Batch(head, tail), forceUnitAccess: false);

        Assert.Equal(3, engine.Segments.Count);
        Assert.Equal((Bytes.AddressOf(head), 2 * Block), engine.Segments[0]);
        Assert.Equal(Block, engine.Segments[1].Length);
        Assert.Equal((Bytes.AddressOf(tail) + 256, Block), engine.Segments[2]);
        Assert.Equal([.. head.ToArray(), .. tail.ToArray()], engine.Content[..(4 * Block)]);
    }

    [Fact]
    public async Task An_aligned_array_of_the_caller_is_pinned_and_not_copied()
    {
        using var pinned = new CountingMemory(memory[..4096]);
        engine.IsHolding = true;

        var read = bounce.ReadAsync(0, Bytes.Batch(pinned.Memory)).AsTask();

        Assert.Equal(1, pinned.Pins);
        Assert.Equal([(Bytes.AddressOf(memory), 4096)], engine.Segments);
        engine.DoNext();
        await read;
        Assert.Equal(0, pinned.Pins);
    }

    [Fact]
    public async Task A_short_read_copies_back_only_the_bytes_that_were_read()
    {
        Array.Fill(engine.Content, (byte)7);
        engine.MaxBytes = 700;
        var misaligned = memory.Slice(1, 2 * Block);
        misaligned.Span.Fill(0xEE);

        var result = await bounce.ReadAsync(0, Bytes.Batch(misaligned));

        Assert.Equal(TransferResult.Moved(700), result);
        Assert.Equal([.. Bytes.Filled(700, 7), .. Bytes.Filled(1024 - 700, 0xEE)], misaligned.ToArray());
    }

    [Fact]
    public async Task A_failed_read_changes_nothing_and_keeps_its_status()
    {
        engine.Failure = IoStatus.DeviceError("broken", 5);
        var misaligned = memory.Slice(1, Block);
        misaligned.Span.Fill(0xEE);

        var result = await bounce.ReadAsync(0, Bytes.Batch(misaligned));

        Assert.Equal((0, 5), (result.Bytes, result.Status.Failure!.Errno));
        Assert.Equal(Bytes.Filled(Block, 0xEE), misaligned.ToArray());
    }

    [Fact]
    public async Task A_transfer_that_needs_more_pages_than_available_is_short()
    {
        Attach(pages: 2);
        var misaligned = memory.Slice(1, 64 * Block);
        Fill(misaligned);

        var result = await bounce.WriteAsync(0, Bytes.Batch(misaligned), forceUnitAccess: false);

        Assert.Equal(TransferResult.Moved(2 * Page.SizeBytes), result);
        Assert.Equal(misaligned.ToArray()[..8192], engine.Content[..8192]);
    }

    [Fact]
    public async Task Transfers_wait_for_pages_in_arrival_order_and_aligned_ones_pass()
    {
        Attach(pages: 2);
        engine.IsHolding = true;
        var first = bounce.ReadAsync(0, Bytes.Batch(memory.Slice(1, Page.SizeBytes))).AsTask();
        var large = bounce.ReadAsync(4096, Bytes.Batch(memory.Slice(8193, 2 * Page.SizeBytes))).AsTask();
        var small = bounce.ReadAsync(16384, Bytes.Batch(memory.Slice(32769, Block))).AsTask();
        Assert.Equal(1, engine.HeldCount);
        var aligned = bounce.ReadAsync(0, Bytes.Batch(memory.Slice(65536, Block))).AsTask();
        Assert.Equal(2, engine.HeldCount);

        engine.DoNext();
        Assert.True(first.IsCompleted);
        engine.DoNext();
        Assert.True(aligned.IsCompleted);
        Assert.Equal(1, engine.HeldCount);
        engine.DoNext();
        Assert.True(large.IsCompleted);
        engine.DoNext();
        await small;
    }

    [Fact]
    public async Task The_pages_of_the_owner_are_used_and_no_others()
    {
        var pages = Attach(pages: 1);

        await bounce.WriteAsync(0, Bytes.Batch(memory.Slice(1, Block)), forceUnitAccess: false);

        Assert.Equal([(Bytes.AddressOf(pages[0].Memory), Block)], engine.Segments);
    }

    [Fact]
    public async Task Pages_of_transfers_that_fail_or_throw_are_reused()
    {
        Attach(pages: 1);
        engine.Failure = IoStatus.DeviceError("broken", 5);
        await bounce.ReadAsync(0, Bytes.Batch(memory.Slice(1, Block)));
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await bounce.ReadAsync(1 << 30, Bytes.Batch(new ThrowingMemory().Memory)));
        engine.Failure = null;
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await bounce.ReadAsync(1 << 30, Bytes.Batch(memory.Slice(1, Block))));

        Assert.Equal(
            TransferResult.Moved(Block), await bounce.ReadAsync(0, Bytes.Batch(memory.Slice(1, Block))));
    }

    [Fact]
    public void In_steady_state_a_copied_transfer_allocates_nothing()
    {
        Attach(pages: 4);
        var batch = Bytes.Batch(memory.Slice(1, Page.SizeBytes));
        var aligned = Bytes.Batch(memory.Slice(0, Page.SizeBytes));

        // The closures and records of the fake allocate as much as for a transfer without a copy.
        Assert.Equal(Allocations.Of(() => Transfer(aligned)), Allocations.Of(() => Transfer(batch)));
    }

    private static void Fill(params Memory<byte>[] memories)
    {
        var random = new Random(1);
        foreach (var one in memories)
        {
            random.NextBytes(one.Span);
        }
    }

    private void Transfer(SegmentBatch batch)
    {
        for (var round = 0; round < 10; round++)
        {
            engine.Segments.Clear();
            Invariant.Require(Completed.Of(bounce.WriteAsync(0, batch, forceUnitAccess: false)).Bytes == 4096);
            Invariant.Require(Completed.Of(bounce.ReadAsync(0, batch)).Bytes == 4096);
        }
    }

    private Page[] Attach(int pages)
    {
        var slab = PageSlab.TryAllocate(pages)!;
        bounce.Attach(new DeviceHost(static () => { }) { BouncePages = slab.Pages });
        return slab.Pages;
    }

    /// <summary>A caller's memory class that counts its pins.</summary>
    private sealed class CountingMemory(Memory<byte> inner) : MemoryManager<byte>
    {
        internal int Pins { get; private set; }

        public override Span<byte> GetSpan() => inner.Span;

        public override unsafe MemoryHandle Pin(int elementIndex = 0)
        {
            Pins++;
            return new MemoryHandle((void*)(Bytes.AddressOf(inner) + elementIndex), pinnable: this);
        }

        public override void Unpin() => Pins--;

        protected override void Dispose(bool disposing)
        {
        }
    }

    private sealed class ThrowingMemory : MemoryManager<byte>
    {
        public override Memory<byte> Memory => CreateMemory(Block);

        public override Span<byte> GetSpan() => new byte[Block];

        public override MemoryHandle Pin(int elementIndex = 0) =>
            throw new InvalidOperationException("The memory cannot be pinned.");

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}

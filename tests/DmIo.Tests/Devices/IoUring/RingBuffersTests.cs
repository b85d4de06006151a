using DmIo.Devices.IoUring;
using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Devices.IoUring;

public sealed class RingBuffersTests : IDisposable
{
    private readonly PagePool pool = new(maxPages: 64, slabPages: 16);
    private readonly Lazy<RingFile> file = new(() => new RingFile());

    public void Dispose()
    {
        pool.Dispose();
        if (file.IsValueCreated)
        {
            file.Value.Dispose();
        }
    }

    [RingFact]
    public async Task Pages_of_the_pool_are_submitted_as_registered_memory()
    {
        await using var ring = new PolledRing(file.Value.Store, memory: pool.Memory);
        var pages = Lease(4);
        var one = Bytes.Batch(pages[0].Memory, pages[1].Memory);
        Assert.Equal(8192, ring.Result(ring.Engine.ReadAsync(0, one)).Bytes);
        Assert.Equal(8192, ring.Result(ring.Engine.WriteAsync(65536, one, false)).Bytes);
        Assert.Equal(1, ring.Engine.Counters.Submitted(RingOpcode.ReadFixed));
        Assert.Equal(1, ring.Engine.Counters.Submitted(RingOpcode.WriteFixed));
        Assert.Equal(file.Value.Content[..8192], File.ReadAllBytes(file.Value.Path)[65536..(65536 + 8192)]);
    }

    [RingFact]
    public async Task Scattered_pages_of_one_block_are_a_registered_vector_if_the_kernel_supports_it()
    {
        await using var ring = new PolledRing(file.Value.Store, memory: pool.Memory);
        var pages = Lease(4);
        var apart = Bytes.Batch(pages[3].Memory, pages[0].Memory);
        Assert.Equal(8192, ring.Result(ring.Engine.ReadAsync(0, apart)).Bytes);
        Assert.Equal(8192, ring.Result(ring.Engine.WriteAsync(65536, apart, false)).Bytes);
        Assert.Equal(file.Value.Content[..8192], File.ReadAllBytes(file.Value.Path)[65536..(65536 + 8192)]);
        RingOpening.TryOpen(1, out var abilities, out _)!.Dispose();
        var expected = abilities.HasFixedVectors
            ? (RingOpcode.ReadVectorFixed, RingOpcode.WriteVectorFixed)
            : (RingOpcode.ReadVector, RingOpcode.WriteVector);
        Assert.Equal(1, ring.Engine.Counters.Submitted(expected.Item1));
        Assert.Equal(1, ring.Engine.Counters.Submitted(expected.Item2));
    }

    [RingFact]
    public async Task Memory_added_to_the_pool_later_is_registered_too()
    {
        await using var ring = new PolledRing(file.Value.Store, memory: pool.Memory);
        for (var slab = 1; slab <= 4; slab++)
        {
            var pages = Lease(16);
            Assert.Equal(4096, ring.Result(ring.Engine.ReadAsync(0, Bytes.Batch(pages[15].Memory))).Bytes);
            Assert.Equal(slab, ring.Engine.Counters.Submitted(RingOpcode.ReadFixed));
            Assert.Equal(file.Value.Content[..4096], pages[15].Memory.ToArray());
        }
    }

    [RingFact]
    public async Task Memory_of_two_blocks_or_of_none_is_submitted_unregistered()
    {
        await using var ring = new PolledRing(file.Value.Store, memory: pool.Memory);
        var pages = Lease(32);
        var two = Bytes.Batch(pages[0].Memory, pages[31].Memory);
        var mixed = Bytes.Batch(pages[0].Memory, new byte[100]);
        var foreign = Bytes.Batch(new byte[100]);
        foreach (var batch in new[] { two, mixed, foreign })
        {
            Assert.Equal(batch.LengthBytes, ring.Result(ring.Engine.ReadAsync(0, batch)).Bytes);
        }

        Assert.Equal(2, ring.Engine.Counters.Submitted(RingOpcode.ReadVector));
        Assert.Equal(1, ring.Engine.Counters.Submitted(RingOpcode.Read));
    }

    [RingFact]
    public async Task Registered_memory_is_held_until_the_ring_is_disposed()
    {
        var ring = new PolledRing(file.Value.Store, memory: pool.Memory);
        var batch = Bytes.Batch(Lease(1)[0].Memory);
        Assert.Equal(4096, ring.Result(ring.Engine.ReadAsync(0, batch)).Bytes);
        var block = pool.Memory.Blocks[0];
        block.Dispose();
        Assert.False(block.IsClosed);
        await ring.DisposeAsync();
        Assert.True(block.IsClosed);
    }

    [RingFact]
    public async Task A_block_freed_before_its_registration_is_left_out()
    {
        await using var ring = new PolledRing(file.Value.Store, memory: pool.Memory);
        Lease(1);
        pool.Memory.Blocks[0].Dispose();
        var later = Lease(16);
        Assert.Equal(4096, ring.Result(ring.Engine.ReadAsync(0, Bytes.Batch(later[15].Memory))).Bytes);
        Assert.Equal(1, ring.Engine.Counters.Submitted(RingOpcode.ReadFixed));
    }

    [RingFact]
    public async Task Blocks_beyond_the_table_are_not_registered()
    {
        await using var ring = new PolledRing(file.Value.Store, memory: pool.Memory);
        var blocks = Enumerable.Range(0, RingBuffers.TableEntries + 1).Select(_ => NativeBlock.Allocate(4096)).ToList();
        blocks.ForEach(pool.Memory.Add);
        foreach (var block in new[] { blocks[0], blocks[^2], blocks[^1] })
        {
            var memory = new NativeWindow(block, 0, 4096).Memory;
            Assert.Equal(4096, ring.Result(ring.Engine.ReadAsync(0, Bytes.Batch(memory))).Bytes);
            Assert.Equal(file.Value.Content[..4096], memory.ToArray());
        }

        Assert.Equal(2, ring.Engine.Counters.Submitted(RingOpcode.ReadFixed));
        Assert.Equal(1, ring.Engine.Counters.Submitted(RingOpcode.Read));
        blocks.ForEach(block => block.Dispose());
    }

    private Page[] Lease(int pages)
    {
        Assert.True(pool.TryLease(pages, out var lease));
        return lease.Pages.ToArray();
    }
}

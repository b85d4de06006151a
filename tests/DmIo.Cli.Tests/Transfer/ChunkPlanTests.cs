using DmIo.Cli.Exit;
using DmIo.Cli.Transfer;
using DmIo.Io;
using Xunit;

namespace DmIo.Cli.Tests.Transfer;

/// <summary>The division of a lease into chunks.</summary>
public sealed class ChunkPlanTests
{
    [Fact]
    public void The_default_is_four_chunks_of_one_mebibyte()
    {
        Assert.Equal(new ChunkPlan(ChunkPages: 256, Slots: 4, Pages: 1024), ChunkPlan.For(null, null, buffers: 1));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 1)]
    [InlineData(100, 2)]
    [InlineData(100_000, 1)]
    [InlineData(640, 64)]
    public void It_uses_at_most_the_given_pages(int pages, int buffers)
    {
        var plan = ChunkPlan.For(pages, null, buffers);

        Assert.InRange(plan.Slots * buffers * plan.ChunkPages, 1, pages);
        Assert.Equal(pages, plan.Pages);
    }

    [Fact]
    public void Sixty_four_regions_in_parallel_fit_into_the_default_pool()
    {
        Assert.InRange(ChunkPlan.For(null, null, buffers: 64).Pages, 64, 16384);
    }

    [Fact]
    public void A_chunk_larger_than_the_pages_is_refused_with_both_numbers()
    {
        var fault = Assert.Throws<RefusedException>(() => ChunkPlan.For(100, ByteSize.FromBytes(1 << 20), buffers: 1));

        Assert.Contains("--pages 100", fault.Message);
        Assert.Contains("256", fault.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(512)]
    [InlineData(5000)]
    [InlineData(long.MaxValue)]
    public void A_chunk_is_whole_pages(long bytes)
    {
        Assert.Throws<RefusedException>(() => ChunkPlan.For(null, ByteSize.FromBytes(bytes), buffers: 1));
    }
}

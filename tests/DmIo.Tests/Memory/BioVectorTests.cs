using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Memory;

/// <summary>A vector that is built once, and whose portions go to different devices.</summary>
public sealed class BioVectorTests
{
    [Fact]
    public void Portions_share_the_pages_of_the_vector()
    {
        Memory<byte> page = new byte[4096];
        var vector = new BioVector([new(page, 512, 1024), new(page, 2048, 1024)]);

        var portion = vector.Slice(1000, 100);

        Assert.Equal(2, portion.SegmentCount);
        Assert.True(Bytes.SamePlace(page[1512..1536], portion.GetSegment(0)));
        Assert.True(Bytes.SamePlace(page[2048..2124], portion.GetSegment(1)));
    }

    [Fact]
    public void A_portion_has_its_position_in_the_original_vector()
    {
        var vector = new BioVector([new(new byte[4096], 0, 4096)]);

        Assert.Equal(0, vector.PositionBytes);
        Assert.Equal(300, vector.Slice(100, 1000).Slice(200, 10).PositionBytes);
    }

    [Fact]
    public void Slicing_costs_the_same_memory_for_any_length()
    {
        var few = VectorOf(8);
        var many = VectorOf(100_000);
        AllocatedBySlicing(few);

        Assert.Equal(AllocatedBySlicing(few), AllocatedBySlicing(many));
    }

    [Fact]
    public void Empty_segments_are_left_out()
    {
        var vector = new BioVector([new(new byte[9], 9, 0), new(new byte[9], 0, 9), new(default, 0, 0)]);

        Assert.Equal(1, vector.SegmentCount);
        Assert.Equal(9, vector.LengthBytes);
    }

    [Fact]
    public void A_vector_without_segments_is_empty()
    {
        var vector = new BioVector([]);

        Assert.Equal((0, 0L), (vector.SegmentCount, vector.LengthBytes));
        Assert.Equal(0, vector.Slice(0, 0).LengthBytes);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(4097, 0)]
    [InlineData(0, 4097)]
    [InlineData(4000, 97)]
    [InlineData(1, -1)]
    [InlineData(1, int.MaxValue)]
    [InlineData(int.MaxValue, 1)]
    public void A_segment_outside_its_page_is_refused(int offset, int length)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new BioSegment(new byte[4096], offset, length));
    }

    private static BioVector VectorOf(int segments)
    {
        Memory<byte> page = new byte[4096];
        return new BioVector([.. Enumerable.Range(0, segments).Select(_ => new BioSegment(page, 0, 4096))]);
    }

    private static long AllocatedBySlicing(BioVector vector)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var portion = vector.Slice(100, vector.LengthBytes - 200);
        Assert.Equal(vector.LengthBytes - 200, portion.LengthBytes);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}

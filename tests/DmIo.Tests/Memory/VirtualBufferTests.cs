using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Memory;

/// <summary>One contiguous buffer of any size.</summary>
public sealed class VirtualBufferTests
{
    private const long ThreeGibibytes = 3L << 30;

    [Fact]
    public void A_buffer_beyond_2_GiB_is_usable_up_to_its_last_byte()
    {
        var buffer = VirtualBuffer.Allocate(ThreeGibibytes + 5);

        buffer.GetMemory(ThreeGibibytes, 5).Span.Fill(0xAB);

        Assert.Equal(ThreeGibibytes + 5, buffer.LengthBytes);
        Assert.Equal(4, buffer.SegmentCount);
        Assert.Equal([0xAB, 0xAB, 0xAB, 0xAB, 0xAB], buffer.GetSegment(3).ToArray());
        Assert.Equal(new SegmentPosition(2, (1 << 30) - 1), buffer.Locate(ThreeGibibytes - 1));
    }

    [Fact]
    public void Memory_across_two_segments_is_contiguous()
    {
        var buffer = VirtualBuffer.Allocate(ThreeGibibytes);

        buffer.GetMemory((1L << 30) - 2, 4).Span.Fill(7);

        Assert.Equal([7, 7], buffer.GetSegment(0)[^2..].ToArray());
        Assert.Equal([7, 7, 0], buffer.GetSegment(1)[..3].ToArray());
    }

    [Fact]
    public void Native_memory_is_zeroed_and_page_aligned()
    {
        var buffers = Enumerable.Range(1, 50).Select(index => VirtualBuffer.Allocate(index * 777)).ToList();

        Assert.All(buffers, buffer =>
        {
            Assert.Equal(0, Bytes.AddressOf(buffer.GetSegment(0)) % Page.SizeBytes);
            Assert.All(Bytes.Of(buffer), value => Assert.Equal(0, value));
            buffer.GetSegment(0).Span.Fill(0xFF);
        });
    }

    [Fact]
    public void Managed_memory_is_wrapped_not_copied()
    {
        Memory<byte> memory = new byte[100];

        Assert.True(Bytes.SamePlace(memory, new VirtualBuffer(memory).GetSegment(0)));
        Assert.True(Bytes.SamePlace(memory[10..30], new VirtualBuffer(memory).GetMemory(10, 20)));
    }

    [Fact]
    public void Memory_taken_from_a_slice_counts_from_the_slice()
    {
        var buffer = VirtualBuffer.Allocate(10_000);

        buffer.Slice(4000, 100).GetMemory(10, 1).Span[0] = 1;

        Assert.Equal(1, buffer.GetMemory(4010, 1).Span[0]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void A_length_below_1_is_refused(long length)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => VirtualBuffer.Allocate(length));
    }

    [Fact]
    public void More_memory_than_the_system_has_throws_OutOfMemoryException()
    {
        Assert.Throws<OutOfMemoryException>(() => VirtualBuffer.Allocate(long.MaxValue));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(9_999, 2)]
    [InlineData(10_001, 0)]
    [InlineData(0, -1)]
    [InlineData(long.MaxValue, int.MaxValue)]
    public void Memory_outside_the_buffer_is_refused(long offset, int length)
    {
        var buffer = VirtualBuffer.Allocate(10_000);

        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetMemory(offset, length));
    }
}

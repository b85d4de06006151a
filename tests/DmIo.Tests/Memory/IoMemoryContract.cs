using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Memory;

/// <summary>The contract of every memory class.</summary>
public abstract class IoMemoryContract
{
    private readonly Lazy<IoMemory> memory;

    protected IoMemoryContract() => memory = new(() =>
    {
        var created = Create();
        Bytes.FillWithPattern(created);
        return created;
    });

    private IoMemory Memory => memory.Value;

    private int Length => (int)Memory.LengthBytes;

    // Around every multiple of a thousand, and both ends: this covers the segment boundaries of all classes.
    private IEnumerable<int> Places => Enumerable.Range(0, Length + 1)
        .Where(place => place % 997 == 0 || place % 512 is 0 or 1 or 511 || place >= Length - 2);

    [Fact]
    public void The_segments_make_up_the_length()
    {
        Assert.Equal(Bytes.Pattern(Length), Bytes.Of(Memory));
    }

    [Fact]
    public void Locating_a_byte_returns_its_segment()
    {
        Assert.All(Enumerable.Range(0, Length), position =>
        {
            var (index, offset) = Memory.Locate(position);
            Assert.Equal(position % 251, Memory.GetSegment(index).Span[offset]);
        });
    }

    [Fact]
    public void Locating_the_end_returns_the_index_after_the_last_segment()
    {
        Assert.Equal(new SegmentPosition(Memory.SegmentCount, 0), Memory.Locate(Length));
    }

    [Fact]
    public void Locating_outside_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.Locate(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.Locate(Length + 1));
    }

    [Fact]
    public void A_slice_has_exactly_the_bytes_of_its_range()
    {
        var all = Bytes.Pattern(Length);
        foreach (var (start, end) in from start in Places from end in Places where start <= end select (start, end))
        {
            var slice = Memory.Slice(start, end - start);
            Assert.Equal(end - start, slice.LengthBytes);
            Assert.True(all.AsSpan(start..end).SequenceEqual(Bytes.Of(slice)), $"slice {start}..{end}");
        }
    }

    [Fact]
    public void A_slice_of_a_slice_counts_from_the_slice()
    {
        var outer = Memory.Slice(100, Length - 200);

        var inner = outer.Slice(50, Length - 300);

        Assert.Equal(Bytes.Pattern(Length)[150..^150], Bytes.Of(inner));
        Assert.All(Enumerable.Range(0, Length - 300), position =>
        {
            var (index, offset) = inner.Locate(position);
            Assert.Equal((position + 150) % 251, inner.GetSegment(index).Span[offset]);
        });
    }

    [Fact]
    public void A_slice_copies_nothing()
    {
        var slice = Memory.Slice(1, Length - 1);

        slice.GetSegment(0).Span[0] ^= 0xFF;

        var (index, offset) = Memory.Locate(1);
        Assert.Equal(1 ^ 0xFF, Memory.GetSegment(index).Span[offset]);
    }

    [Fact]
    public void An_empty_slice_has_no_bytes()
    {
        Assert.Equal(0, Memory.Slice(Length, 0).LengthBytes);
        Assert.Equal(0, Memory.Slice(7, 0).GetCursor().Take(new SegmentBatch(), long.MaxValue, int.MaxValue));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, -1)]
    [InlineData(1, long.MaxValue)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(long.MinValue, long.MaxValue)]
    public void A_slice_outside_is_refused(long offset, long length)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.Slice(offset, length));
    }

    [Fact]
    public void A_slice_one_byte_too_long_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.Slice(1, Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.Slice(Length + 1, 0));
    }

    [Fact]
    public void A_segment_that_does_not_exist_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.GetSegment(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.GetSegment(Memory.SegmentCount));
    }

    [Fact]
    public void R5_every_cursor_begins_at_the_first_byte()
    {
        var first = Memory.GetCursor();
        first.Skip(1000);
        var batch = new SegmentBatch();

        Memory.GetCursor().Take(batch, 1, 1);

        Assert.Equal(0, batch.Segments[0].Span[0]);
        Assert.True(Bytes.SamePlace(Memory.GetSegment(Memory.Locate(0).Index)[..1], batch.Segments[0]));
    }

    /// <summary>A memory of 1000 to 20000 bytes.</summary>
    protected abstract IoMemory Create();
}

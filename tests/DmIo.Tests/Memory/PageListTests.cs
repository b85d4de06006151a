using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Memory;

/// <summary>Pages, and an offset into the first.</summary>
public sealed class PageListTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4095)]
    public void The_offset_takes_bytes_from_the_first_page_only(int offset)
    {
        var list = new PageList([new byte[4096], new byte[4096]], offset);

        Assert.Equal(8192 - offset, list.LengthBytes);
        Assert.Equal(4096 - offset, list.GetSegment(0).Length);
        Assert.Equal(4096, list.GetSegment(1).Length);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4096)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void R3_an_offset_beyond_the_first_page_is_refused_with_value_and_limit(int offset)
    {
        var refusal = Assert.Throws<ArgumentOutOfRangeException>(() => new PageList([new byte[4096]], offset));

        Assert.Equal("firstPageOffset", refusal.ParamName);
        Assert.Equal(offset, refusal.ActualValue);
        Assert.Contains("4095", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void R3_an_offset_into_no_pages_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new PageList(Array.Empty<Memory<byte>>(), 1));
        Assert.Equal(0, new PageList(Array.Empty<Memory<byte>>()).LengthBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4095)]
    [InlineData(4097)]
    public void A_page_of_another_size_is_refused_by_its_index(int size)
    {
        var refusal = Assert.Throws<ArgumentException>(() => new PageList([new byte[4096], new byte[size]]));

        Assert.Contains("Page 1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Changing_the_list_afterwards_does_not_change_the_memory()
    {
        var pages = new List<Memory<byte>> { new byte[4096] };
        var list = new PageList(pages);

        pages.Add(new byte[4096]);

        Assert.Equal(4096, list.LengthBytes);
    }
}

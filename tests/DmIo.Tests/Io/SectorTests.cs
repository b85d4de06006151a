using System.Globalization;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Io;

/// <summary>Sectors and sector counts as types.</summary>
public sealed class SectorTests
{
    [Fact]
    public void A_count_of_sectors_is_512_times_as_many_bytes()
    {
        Assert.Equal(4096, new SectorCount(8).Bytes);
        Assert.Equal(long.MaxValue - 511, new SectorCount(SectorCount.MaxValue).Bytes);
    }

    [Theory]
    [InlineData(SectorCount.MaxValue + 1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void A_count_whose_bytes_exceed_64_bits_throws(long count)
    {
        Assert.Throws<OverflowException>(() => new SectorCount(count).Bytes);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(-1, 0)]
    [InlineData(long.MinValue, long.MaxValue)]
    public void Sectors_and_counts_are_ordered_as_their_numbers_are(long less, long more)
    {
        Assert.True(new Sector(less) < more && new Sector(less) <= more && new Sector(more) > less);
        Assert.True(new Sector(less) >= less && new Sector(less).CompareTo(more) < 0);
        Assert.True(new SectorCount(less) < more && new SectorCount(less) <= more && new SectorCount(more) > less);
        Assert.True(new SectorCount(less) >= less && new SectorCount(less).CompareTo(more) < 0);
    }

    [Fact]
    public void Sectors_and_counts_print_as_bare_numbers()
    {
        Assert.Equal(long.MaxValue.ToString(CultureInfo.InvariantCulture), new Sector(long.MaxValue).ToString());
        Assert.Equal("8", new SectorCount(8).ToString());
    }
}

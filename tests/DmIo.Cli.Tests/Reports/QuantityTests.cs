using DmIo.Cli.Reports;
using Xunit;

namespace DmIo.Cli.Tests.Reports;

/// <summary>Formatted quantities.</summary>
public sealed class QuantityTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1 KiB")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData((1 << 20) - 1, "1.0 MiB")]
    [InlineData(1L << 30, "1 GiB")]
    [InlineData(long.MaxValue, "8 EiB")]
    public void Bytes_have_the_largest_unit_that_fits(long bytes, string text)
    {
        Assert.Equal(text, Quantity.Bytes(bytes));
    }

    [Theory]
    [InlineData(0, 1, "-")]
    [InlineData(5, 0, "-")]
    [InlineData(1 << 20, 2, "512 KiB/s")]
    public void Without_bytes_or_time_the_rate_is_a_dash(long bytes, double seconds, string text)
    {
        Assert.Equal(text, Quantity.Rate(bytes, seconds));
    }

    [Theory]
    [InlineData(0.0123, "12.3 ms")]
    [InlineData(0.0999, "0.1 s")]
    [InlineData(12.34, "12.3 s")]
    [InlineData(3725, "1:02:05")]
    public void Times_have_the_unit_that_fits(double seconds, string text)
    {
        Assert.Equal(text, Quantity.Seconds(seconds));
    }

    [Fact]
    public void The_progress_shows_bytes_rate_and_remaining_time()
    {
        Assert.Equal(
            "1 GiB of 4 GiB 256 MiB/s 0:00:12 left",
            TransferColumn.TextOf(1L << 30, 4L << 30, TimeSpan.FromSeconds(4)));
        Assert.Equal("1 GiB 256 MiB/s", TransferColumn.TextOf(1L << 30, null, TimeSpan.FromSeconds(4)));
        Assert.Equal("0 B of 4 GiB - ? left", TransferColumn.TextOf(0, 4L << 30, TimeSpan.FromSeconds(4)));
    }
}

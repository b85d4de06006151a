using System.Text.Json;
using DmIo.Io;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Tests.Io;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("512", 512)]
    [InlineData("512B", 512)]
    [InlineData("4KiB", 4096)]
    [InlineData("4K", 4096)]
    [InlineData("4k", 4096)]
    [InlineData("4Ki", 4096)]
    [InlineData("64 MiB", 64L << 20)]
    [InlineData("  2GiB ", 2L << 30)]
    [InlineData("1MB", 1_000_000)]
    [InlineData("1kB", 1_000)]
    [InlineData("3TiB", 3L << 40)]
    [InlineData("7EiB", 7L << 60)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void A_size_is_a_number_and_a_unit(string text, long bytes) =>
        Assert.Equal(ByteSize.FromBytes(bytes), ByteSize.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.5GiB")]
    [InlineData("1_000")]
    [InlineData("1,000")]
    [InlineData("0x200")]
    [InlineData("MiB")]
    [InlineData("1 Mi B")]
    [InlineData("1MiBB")]
    [InlineData("1Q")]
    [InlineData("1MiB MiB")]
    [InlineData("12\0")]
    [InlineData("١٢")]
    public void Text_that_is_no_size_is_refused_with_the_text_and_the_fix(string text)
    {
        var error = Assert.Throws<FormatException>(() => ByteSize.Parse(text));

        Assert.StartsWith($"'{text}' is not a size in bytes.", error.Message, StringComparison.Ordinal);
        Assert.Contains("64MiB", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8EiB")]
    [InlineData("9223372036854775808")]
    [InlineData("9007199254740992KiB")]
    [InlineData("99999999999999999999999999999999")]
    public void A_size_beyond_63_bits_is_refused_with_the_limit(string text)
    {
        var error = Assert.Throws<FormatException>(() => ByteSize.Parse(text));

        Assert.Contains("9223372036854775807 bytes", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1536, "1536")]
    [InlineData(4096, "4KiB")]
    [InlineData(1L << 20, "1MiB")]
    [InlineData(3L << 40, "3TiB")]
    public void It_prints_in_the_largest_unit_without_a_fraction(long bytes, string text) =>
        Assert.Equal(text, ByteSize.FromBytes(bytes).ToString());

    [Fact]
    public void A_size_is_made_with_its_unit()
    {
        Assert.Equal(3, ByteSize.FromBytes(3).Bytes);
        Assert.Equal(3L << 10, ByteSize.FromKiB(3).Bytes);
        Assert.Equal(3L << 20, ByteSize.FromMiB(3).Bytes);
        Assert.Equal(3L << 30, ByteSize.FromGiB(3).Bytes);
        Assert.Equal(1536, ByteSize.FromSectors(3).Bytes);
    }

    [Fact]
    public void No_conversion_between_numbers_and_sizes_exists() => Assert.DoesNotContain(
        typeof(ByteSize).GetMethods(), method => method.Name is "op_Implicit" or "op_Explicit");

    [Fact]
    public void A_negative_or_too_large_number_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ByteSize.FromBytes(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ByteSize.FromSectors(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ByteSize.FromSectors(SectorCount.MaxValue + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ByteSize.FromKiB((long.MaxValue >> 10) + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ByteSize.FromMiB((long.MaxValue >> 20) + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ByteSize.FromGiB((long.MaxValue >> 30) + 1));
    }

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(511, 0, false)]
    [InlineData(512, 1, true)]
    [InlineData(1000, 1, false)]
    public void It_counts_whole_sectors(long bytes, long sectors, bool isWhole)
    {
        var size = ByteSize.FromBytes(bytes);
        Assert.Equal((new SectorCount(sectors), isWhole), (size.Sectors, size.IsWholeSectors));
    }

    [Fact]
    public void Sizes_are_ordered_by_their_bytes()
    {
        ByteSize[] ordered = [ByteSize.FromBytes(1023), ByteSize.FromKiB(1), ByteSize.FromMiB(1)];
        Assert.Equal(ordered, ordered.Reverse().Order());
        Assert.True(ordered[0] < ordered[1] && ordered[1] <= ByteSize.FromBytes(1024));
        Assert.True(ordered[2] > ordered[1] && ordered[1] >= ordered[1]);
        Assert.Equal(ordered[0], ByteSize.Min(ordered[1], ordered[0]));
    }

    [Fact]
    public void Its_JSON_is_the_number_of_bytes()
    {
        Assert.Equal("1048576", JsonSerializer.Serialize(ByteSize.FromMiB(1)));
        Assert.Equal(ByteSize.FromMiB(1), JsonSerializer.Deserialize<ByteSize>("1048576"));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("9223372036854775808")]
    [InlineData("\"1MiB\"")]
    public void JSON_that_is_no_number_of_bytes_is_refused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ByteSize>(json));

    [Fact]
    public void Printed_text_is_parsed_back() => Prop.ForAll(
        Sizes,
        bytes => ByteSize.Parse(ByteSize.FromBytes(bytes).ToString()).Bytes == bytes).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_is_parsed_or_refused() => Prop.ForAll<string?>(text =>
        text is null || ByteSize.TryParse(text, out _) == Parses(text)).QuickCheckThrowOnFailure();

    private static Arbitrary<long> Sizes => Arb.From(
        from mantissa in Gen.Choose(0, int.MaxValue)
        from shift in Gen.Choose(0, 32)
        select (long)mantissa << shift);

    private static bool Parses(string text)
    {
        try
        {
            return ByteSize.Parse(text).Bytes >= 0;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}

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
        Assert.Equal(new ByteSize(bytes), ByteSize.Parse(text));

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
    public void What_is_no_size_is_refused_with_the_text_and_the_fix(string text)
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
        Assert.Equal(text, new ByteSize(bytes).ToString());

    [Fact]
    public void What_it_prints_it_reads_back() => Prop.ForAll(
        Sizes,
        bytes => ByteSize.Parse(new ByteSize(bytes).ToString()).Value == bytes).QuickCheckThrowOnFailure();

    [Fact]
    public void No_text_breaks_the_parser() => Prop.ForAll<string?>(text =>
        text is null || ByteSize.TryParse(text, out _) == Parses(text)).QuickCheckThrowOnFailure();

    private static Arbitrary<long> Sizes => Arb.From(
        from mantissa in Gen.Choose(0, int.MaxValue)
        from shift in Gen.Choose(0, 32)
        select (long)mantissa << shift);

    private static bool Parses(string text)
    {
        try
        {
            return ByteSize.Parse(text).Value >= 0;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}

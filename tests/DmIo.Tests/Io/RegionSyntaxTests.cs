using DmIo.Io;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Tests.Io;

public sealed class RegionSyntaxTests
{
    [Theory]
    [InlineData("disk@0+8", "disk", 0, 8)]
    [InlineData("/tmp/a b@2048+1", "/tmp/a b", 2048, 1)]
    [InlineData("mem:64MiB@7+0", "mem:64MiB", 7, 0)]
    [InlineData("a@1+2@3+4", "a@1+2", 3, 4)]
    [InlineData("a+b@3+4", "a+b", 3, 4)]
    [InlineData("@@3+4", "@", 3, 4)]
    [InlineData("x@9223372036854775807+18014398509481983", "x", long.MaxValue, SectorCount.MaxValue)]
    public void A_region_is_a_device_a_sector_and_a_count(string text, string device, long start, long count)
    {
        Assert.Equal(new IoRegion(device, start, count), IoRegion.Parse(text));
        Assert.Equal(new RegionSyntax(device, start, count), RegionSyntax.Parse(text));
    }

    [Fact]
    public void The_count_is_optional_where_it_is_implied() =>
        Assert.Equal(new RegionSyntax("disk", 4, null), RegionSyntax.Parse("disk@4"));

    [Theory]
    [InlineData("disk", "there is no '@'")]
    [InlineData("", "there is no '@'")]
    [InlineData("@0+8", "names no device")]
    [InlineData("disk@", "'' in 'disk@' is not a sector")]
    [InlineData("disk@-1", "'-1'")]
    [InlineData("disk@ 1", "' 1'")]
    [InlineData("disk@0x10+1", "'0x10'")]
    [InlineData("disk@1\0+1", "is not a sector")]
    [InlineData("disk@9223372036854775808", "9223372036854775807")]
    [InlineData("disk@0+", "is not a sector count")]
    [InlineData("disk@0+-8", "'-8'")]
    [InlineData("disk@0+8+8", "'8+8'")]
    [InlineData("disk@0+18014398509481984", "18014398509481983")]
    [InlineData("disk@name", "'name'")]
    public void Text_that_is_no_region_is_refused_with_the_fault_and_the_fix(string text, string fault)
    {
        var error = Assert.Throws<FormatException>(() => RegionSyntax.Parse(text));

        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
        Assert.Contains("DEVICE@SECTOR+COUNT", error.Message, StringComparison.Ordinal);
        Assert.False(IoRegion.TryParse(text, out _));
    }

    [Fact]
    public void A_region_requires_its_count()
    {
        var error = Assert.Throws<FormatException>(() => IoRegion.Parse("disk@4"));

        Assert.Contains("disk@4+8", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Printed_text_is_parsed_back() => Prop.ForAll(
        Regions,
        region => IoRegion.Parse(region.ToString()) == region
            && RegionSyntax.Parse(region.ToString()).ToString() == region.ToString()).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_is_parsed_or_refused() => Prop.ForAll<string?>(text =>
        text is null || RegionSyntax.TryParse(text, out _) == Parses(text)).QuickCheckThrowOnFailure();

    private static Arbitrary<IoRegion> Regions => Arb.From(
        from device in ArbMap.Default.GeneratorFor<NonEmptyString>()
        from start in Gen.Choose(0, int.MaxValue)
        from shift in Gen.Choose(0, 32)
        from count in Gen.Choose(0, int.MaxValue)
        select new IoRegion(device.Get, (long)start << shift, (long)count << 10));

    private static bool Parses(string text)
    {
        try
        {
            return RegionSyntax.Parse(text).Start.Value >= 0;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}

using DmIo.Actors.Configuration;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Actors.Tests.Settings;

/// <summary>The syntax of durations in HOCON and on the command line. A failure prints its seed.</summary>
public sealed class DurationSyntaxTests
{
    private static readonly (string Unit, long Ticks)[] Units =
    [
        ("us", 10), ("micros", 10), ("ms", 10_000), ("millisecond", 10_000), ("s", 10_000_000), ("seconds", 10_000_000),
        ("m", 600_000_000), ("minute", 600_000_000), ("h", 36_000_000_000), ("hours", 36_000_000_000),
        ("d", 864_000_000_000), ("days", 864_000_000_000),
    ];

    private static readonly string[] Pieces =
    [
        "0", "1", "9", ".", "-", "+", "e", "E", "1e9", "infinite", "Infinity", "NaN", "0x", ",", "s", "ms", "us", "d",
        "h", "S", "sec", " ", "\t", "\0", "\ud800", "\u0661", "\u00a0", "µs", new('9', 400), new('0', 400),
    ];

    [Theory]
    [InlineData("1.5 s", 1500)]
    [InlineData(" 10ms ", 10)]
    [InlineData("2m", 120_000)]
    [InlineData(".5s", 500)]
    [InlineData("0d", 0)]
    public void A_number_and_a_unit_are_a_duration(string text, int milliseconds)
    {
        Assert.True(DurationSyntax.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1e3s")]
    [InlineData("1,5s")]
    [InlineData("1.2.3s")]
    [InlineData("1S")]
    [InlineData("1 sec")]
    [InlineData("infinite")]
    [InlineData("10675200d")]
    [InlineData("1\0s")]
    public void Text_that_is_no_duration_is_refused(string? text)
    {
        Assert.False(DurationSyntax.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.Zero, duration);
    }

    [Fact]
    public void Any_text_is_a_nonnegative_duration_or_invalid() => Prop.ForAll(
        Arb.From(Gen.OneOf(
            ArbMap.Default.GeneratorFor<string>(), Gen.Elements(Pieces).ArrayOf().Select(string.Concat))),
        text => DurationSyntax.TryParse(text, out var duration) ? duration >= TimeSpan.Zero : duration == default)
        .Check(Config.QuickThrowOnFailure.WithMaxTest(FuzzPlan.Cases * 10));

    [Fact]
    public void A_whole_number_of_a_unit_is_exact_or_too_long() => Prop.ForAll(
        Arb.From(
            from number in Gen.Choose(0, int.MaxValue)
            from unit in Gen.Elements(Units)
            from blanks in Gen.Choose(0, 2)
            select (number, unit.Unit, unit.Ticks, Text: $"{number}{new string(' ', blanks)}{unit.Unit}")),
        one => DurationSyntax.TryParse(one.Text, out var duration)
            ? Math.Abs(duration.Ticks - (one.number * (decimal)one.Ticks)) <= 1024
            : one.number * (decimal)one.Ticks > TimeSpan.MaxValue.Ticks)
        .Check(Config.QuickThrowOnFailure.WithMaxTest(FuzzPlan.Cases * 10));
}

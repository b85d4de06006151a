// Durations and byte sizes, with every unit that there is.

using Akka.Configuration;
using Xunit;

namespace Akka.Conformance.Tests.Configuration;

public sealed class ConfigUnitSpecs
{
    [Theory]
    [InlineData("5 d|5day|5 days", 5 * TimeSpan.TicksPerDay)]
    [InlineData("2h|2 hour|2 hours", 2 * TimeSpan.TicksPerHour)]
    [InlineData("3m|3 minute|3 minutes", 3 * TimeSpan.TicksPerMinute)]
    [InlineData("10s|10second|10 seconds", 10 * TimeSpan.TicksPerSecond)]
    [InlineData("1.5s|1500ms|1500 milli|1500millis|1500 millisecond|1500 milliseconds", 1_500 * 10_000)]
    [InlineData("7 micro|7micros|7 microsecond|7 microseconds", 70)]
    [InlineData("100ns|100 nano|100nanos|100 nanosecond|100 nanoseconds", 1)]
    [InlineData("150ns", 2)]
    [InlineData("250|0250|2.5e2", 250 * 10_000)]
    [InlineData("0|0s|0 days", 0)]
    public void A_duration_is_a_number_and_a_unit_or_milliseconds(string texts, long ticks) => Assert.All(
        texts.Split('|'),
        text => Assert.Equal(ticks, ConfigurationFactory.ParseString($"a = {text}").GetTimeSpan("a").Ticks));

    [Theory]
    [InlineData("infinite")]
    [InlineData("Infinite")]
    public void A_duration_may_be_infinite_unless_the_reader_forbids_it(string text)
    {
        var config = ConfigurationFactory.ParseString($"a = {text}");

        Assert.Equal(Timeout.InfiniteTimeSpan, config.GetTimeSpan("a"));
        Assert.Throws<FormatException>(() => config.GetTimeSpan("a", null, allowInfinite: false));
    }

    [Theory]
    [InlineData("-5")]
    [InlineData("-5s")]
    [InlineData("5 weeks")]
    [InlineData("5S")]
    [InlineData("5us")]
    [InlineData("soon")]
    [InlineData("1 2 s")]
    public void Anything_else_is_no_duration(string text) =>
        Assert.Throws<FormatException>(() => ConfigurationFactory.ParseString($"a = {text}").GetTimeSpan("a"));

    [Theory]
    [InlineData("7|7b|7B|7 byte|7 bytes", 7)]
    [InlineData("7K|7k|7Ki|7KiB|7 kibibyte|7 kibibytes", 7L << 10)]
    [InlineData("7M|7m|7Mi|7MiB|7 mebibyte|7 mebibytes", 7L << 20)]
    [InlineData("7G|7g|7Gi|7GiB|7 gibibyte|7 gibibytes", 7L << 30)]
    [InlineData("7T|7t|7Ti|7TiB|7 tebibyte|7 tebibytes", 7L << 40)]
    [InlineData("7P|7p|7Pi|7PiB|7 pebibyte|7 pebibytes", 7L << 50)]
    [InlineData("7E|7e|7Ei|7EiB|7 exbibyte|7 exbibytes", 7L << 60)]
    [InlineData("7kB|7 kilobyte|7 kilobytes", 7_000)]
    [InlineData("7MB|7 megabyte|7 megabytes", 7_000_000)]
    [InlineData("7GB|7 gigabyte|7 gigabytes", 7_000_000_000)]
    [InlineData("7TB|7 terabyte|7 terabytes", 7_000_000_000_000)]
    [InlineData("7PB|7 petabyte|7 petabytes", 7_000_000_000_000_000)]
    [InlineData("7EB|7 exabyte|7 exabytes", 7_000_000_000_000_000_000)]
    [InlineData("-1k", -1024)]
    public void A_byte_size_is_a_whole_number_and_a_unit(string texts, long bytes) => Assert.All(
        texts.Split('|'),
        text => Assert.Equal(bytes, ConfigurationFactory.ParseString($"a = {text}").GetByteSize("a")));

    [Theory]
    [InlineData("7 KB")]
    [InlineData("7 mB")]
    [InlineData("7 Z")]
    [InlineData("1.5 M")]
    [InlineData("much")]
    public void Anything_else_is_no_byte_size(string text) =>
        Assert.Throws<FormatException>(() => ConfigurationFactory.ParseString($"a = {text}").GetByteSize("a"));
}

// What the embedded runtime does better than Akka.NET 1.5.30, and must not unlearn. Not compiled for the real packages.

using Akka.Configuration;
using Akka.Conformance.Tests.Configuration;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Conformance.Tests.Embedded;

public sealed class HoconStrictnessSpecs(ITestOutputHelper output)
{
    private static readonly string[] Texts =
    [
        "1", "null", "\"\"", "\"a = b\"", "\"{[,]}\"", "\"x\\n\\t\\\"y\\\\\"", "\"//\"", "\"#\"", "\"\\u00e9\\u0001\"",
        "\"\"\"raw \"text\" \\n\"\"\"", "two \"parts\"",
    ];

    [Theory]
    [InlineData("a = 1\nb = *", "Line 2, column 5")]
    [InlineData("a = 1,, b = 2", "Line 1, column 7")]
    [InlineData("a {\n  b = \"\\q\"\n}", "Line 2, column 10")]
    [InlineData("a = [1, =]", "Line 1, column 9")]
    [InlineData("\n\na = ${?b}", "Line 3, column 7")]
    [InlineData("include \"x\"\na = 1", "Line 1, column 12")]
    public void A_syntax_error_names_line_and_column(string hocon, string place) => Assert.StartsWith(
        place,
        Assert.Throws<FormatException>(() => ConfigurationFactory.ParseString(hocon)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void An_assignment_in_an_unquoted_text_is_told_with_line_and_column() => Assert.StartsWith(
        "Line 2, column 9",
        Assert.Throws<ConfigurationException>(() => ConfigurationFactory.ParseString("a = 1\nb = http://x")).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("a = ${a}")]
    [InlineData("a = ${b}\nb = ${a}")]
    [InlineData("a { b = ${a} }")]
    [InlineData("a = [${a}]")]
    public void A_value_that_contains_itself_is_refused(string hocon) =>
        Assert.Throws<FormatException>(() => ConfigurationFactory.ParseString(hocon));

    [Fact]
    public void A_byte_size_that_does_not_fit_is_refused() =>
        Assert.Throws<OverflowException>(() => ConfigurationFactory.ParseString("a = 8E").GetByteSize("a"));

    [Fact]
    public void A_configuration_of_any_texts_that_is_printed_reads_back_as_itself()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            output.WriteLine($"seed {seed}");
            var read = ConfigurationFactory.ParseString(new RandomConfig(seed, Texts).Members(depth: 4));
            var again = ConfigurationFactory.ParseString(read.ToString());

            Assert.Equal(RandomConfig.Describe(read.Root!), RandomConfig.Describe(again.Root!));
        }
    }

    [Theory]
    [InlineData("\"a.b\" = 1", "a.b")]
    [InlineData("\"a b\" = 1", "a b")]
    [InlineData("\"a=b\" = 1", "a=b")]
    [InlineData("\"\" = 1", "")]
    public void A_key_that_needs_quotes_is_printed_in_quotes(string hocon, string key)
    {
        var again = ConfigurationFactory.ParseString(ConfigurationFactory.ParseString(hocon).ToString());

        Assert.Equal(key, Assert.Single(again.AsEnumerable()).Key);
    }
}

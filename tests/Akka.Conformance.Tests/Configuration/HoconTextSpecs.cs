// Every form in which a text can be written, and what is read back.

using Akka.Configuration;
using Xunit;

namespace Akka.Conformance.Tests.Configuration;

public sealed class HoconTextSpecs
{
    [Theory]
    [InlineData("a = word", "word")]
    [InlineData("a = two words", "two words")]
    [InlineData("a =   spaces around   ", "spaces around")]
    [InlineData("a = semi;colon (round) <angle> 'single' 50% ~/x|y", "semi;colon (round) <angle> 'single' 50% ~/x|y")]
    [InlineData("a = dotted.text", "dotted.text")]
    [InlineData("a = -1.5e3", "-1.5e3")]
    public void An_unquoted_text_runs_to_the_end_of_its_line(string hocon, string expected) =>
        Assert.Equal(expected, ConfigurationFactory.ParseString(hocon + "\nb = 1").GetString("a"));

    [Theory]
    [InlineData("""a = "quoted text" """, "quoted text")]
    [InlineData("""a = "{ $ [ = : , # // ? }" """, "{ $ [ = : , # // ? }")]
    [InlineData("""a = "" """, "")]
    [InlineData("""a = "http://host:80/x" """, "http://host:80/x")]
    [InlineData("a = \"two\nlines\"", "two\nlines")]
    public void A_quoted_text_may_hold_anything(string hocon, string expected) =>
        Assert.Equal(expected, ConfigurationFactory.ParseString(hocon).GetString("a"));

    [Theory]
    [InlineData("""a = "1\"2" """, "1\"2")]
    [InlineData("""a = "1\\2" """, "1\\2")]
    [InlineData("""a = "1\/2" """, "1/2")]
    [InlineData("""a = "1\n2" """, "1\n2")]
    [InlineData("""a = "1\r2" """, "1\r2")]
    [InlineData("""a = "1\t2" """, "1\t2")]
    [InlineData("""a = "1\b2" """, "1\b2")]
    [InlineData("""a = "1\f2" """, "1\f2")]
    [InlineData("""a = "\u00e9\u0041" """, "\u00e9A")]
    public void An_escape_code_in_quotes_is_one_character(string hocon, string expected) =>
        Assert.Equal(expected, ConfigurationFactory.ParseString(hocon).GetString("a"));

    [Fact]
    public void A_triple_quoted_text_spans_lines_and_knows_no_escape_codes()
    {
        var config = ConfigurationFactory.ParseString("a = \"\"\"first \\n \"line\"\nsecond\"\"\"\nb = 2");

        Assert.Equal("first \\n \"line\"\nsecond", config.GetString("a"));
        Assert.Equal(2, config.GetInt("b"));
    }

    [Fact]
    public void Blanks_at_either_end_are_trimmed_even_in_quotes() =>
        Assert.Equal("x", ConfigurationFactory.ParseString("""a = "  x  " """).GetString("a"));

    [Theory]
    [InlineData("""a = one "two three" four""", "one two three four")]
    [InlineData("""a = "one""two" """, "onetwo")]
    [InlineData("""a = pre"in"post""", "preinpost")]
    [InlineData("""a = "one"  "two" """, "one  two")]
    public void Texts_side_by_side_are_one_text(string hocon, string expected) =>
        Assert.Equal(expected, ConfigurationFactory.ParseString(hocon).GetString("a"));

    [Theory]
    [InlineData("a = null")]
    [InlineData("""a = "null" """)]
    public void Null_is_a_value_that_is_there_and_has_no_text(string hocon)
    {
        var config = ConfigurationFactory.ParseString(hocon);

        Assert.True(config.HasPath("a"));
        Assert.Null(config.GetString("a", "default"));
    }

    [Theory]
    [InlineData("# first\na = 1 # second\n// third\nb = 2 // fourth\n")]
    [InlineData("a = 1//x\nb = 2#y\n")]
    [InlineData("a = # between\n 1\nb = 2\n")]
    public void Comments_start_with_a_hash_or_two_slashes_and_end_with_the_line(string hocon)
    {
        var config = ConfigurationFactory.ParseString(hocon);

        Assert.Equal(1, config.GetInt("a"));
        Assert.Equal(2, config.GetInt("b"));
    }

    [Fact]
    public void A_value_may_start_on_the_next_line() =>
        Assert.Equal(1, ConfigurationFactory.ParseString("a =\n\n  1\n").GetInt("a"));
}

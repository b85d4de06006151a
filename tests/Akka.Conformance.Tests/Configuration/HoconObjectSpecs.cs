// Objects: keys and paths, nesting, and what becomes of a key that is given twice.

using Akka.Configuration;
using Xunit;

namespace Akka.Conformance.Tests.Configuration;

public sealed class HoconObjectSpecs
{
    [Theory]
    [InlineData("a.b.c = 1")]
    [InlineData("a { b { c = 1 } }")]
    [InlineData("a = { b : { c : 1 } }")]
    [InlineData("a.b { c = 1 }")]
    [InlineData("a { b.c = 1 }")]
    [InlineData("{ a { b { c = 1 } } }")]
    [InlineData("a\n{\n  b\n  {\n    c = 1\n  }\n}")]
    [InlineData("a . b . c = 1")]
    [InlineData("\"a\".\"b\".\"c\" = 1")]
    public void Dots_and_braces_nest_alike(string hocon) =>
        Assert.Equal(1, ConfigurationFactory.ParseString(hocon).GetInt("a.b.c"));

    [Theory]
    [InlineData("a = 1, b = 2")]
    [InlineData("a = 1\nb = 2")]
    [InlineData("a = 1,\nb = 2,\n")]
    [InlineData("a : 1\r\nb : 2\r\n")]
    [InlineData("{a:1,b:2}")]
    [InlineData("{\"a\":\"1\",\"b\":\"2\"}")]
    public void Members_are_separated_by_lines_or_commas(string hocon)
    {
        var config = ConfigurationFactory.ParseString(hocon);

        Assert.Equal(1, config.GetInt("a"));
        Assert.Equal(2, config.GetInt("b"));
    }

    [Fact]
    public void A_key_in_quotes_may_hold_dots_and_is_quoted_in_paths()
    {
        var config = ConfigurationFactory.ParseString("""disks { "a.b/c" { size = 1 } }""");

        Assert.Equal(1, config.GetInt("disks.\"a.b/c\".size"));
        Assert.False(config.HasPath("disks.a"));
    }

    [Fact]
    public void An_unquoted_key_may_hold_inner_blanks() =>
        Assert.Equal(1, ConfigurationFactory.ParseString("two words = 1").GetInt("two words"));

    [Fact]
    public void Of_two_plain_values_the_later_one_holds() =>
        Assert.Equal(2, ConfigurationFactory.ParseString("a = 1\na = 2").GetInt("a"));

    [Fact]
    public void Objects_under_one_key_are_merged()
    {
        var config = ConfigurationFactory.ParseString("a { x = 1, y { p = 1 } }\na { y { q = 2 } }\na.z = 3\na.x = 4");

        Assert.Equal(4, config.GetInt("a.x"));
        Assert.Equal(1, config.GetInt("a.y.p"));
        Assert.Equal(2, config.GetInt("a.y.q"));
        Assert.Equal(3, config.GetInt("a.z"));
    }

    [Fact]
    public void Objects_side_by_side_are_merged()
    {
        var config = ConfigurationFactory.ParseString("a = { x = 1 } { y = 2 }");

        Assert.Equal(1, config.GetInt("a.x"));
        Assert.Equal(2, config.GetInt("a.y"));
    }

    [Fact]
    public void A_plain_value_replaces_an_object_and_an_object_a_plain_value()
    {
        var config = ConfigurationFactory.ParseString("a { x = 1 }\na = 5\nb = 5\nb { x = 1 }");

        Assert.Equal(5, config.GetInt("a"));
        Assert.Equal(1, config.GetInt("b.x"));
    }

    [Fact]
    public void A_key_may_be_called_include() =>
        Assert.Equal(1, ConfigurationFactory.ParseString("include = 1").GetInt("include"));

    [Fact]
    public void A_strict_reader_can_walk_every_member()
    {
        var root = ConfigurationFactory.ParseString("a = x\nb = [1, 2]\nc { d = 1 }").Root!;
        var members = root.GetObject()!.Items;

        Assert.Equal(["a", "b", "c"], members.Keys);
        Assert.True(members["a"].IsString() && !members["a"].IsArray() && !members["a"].IsObject());
        Assert.True(members["b"].IsArray() && !members["b"].IsString() && !members["b"].IsObject());
        Assert.True(members["c"].IsObject() && !members["c"].IsString() && !members["c"].IsArray());
    }
}

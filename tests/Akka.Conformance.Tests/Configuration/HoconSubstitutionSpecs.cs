// ${path} stands for what the same text has at the path when it has been read to its end.

using Akka.Configuration;
using Xunit;

namespace Akka.Conformance.Tests.Configuration;

public sealed class HoconSubstitutionSpecs
{
    [Theory]
    [InlineData("a = 1\nb = ${a}")]
    [InlineData("b = ${a}\na = 1")]
    [InlineData("a = 7\nb = ${a}\na = 1")]
    [InlineData("c.d = 1\na = ${c.d}\nb = ${a}")]
    public void It_is_the_value_that_its_path_has_in_the_end(string hocon) =>
        Assert.Equal(1, ConfigurationFactory.ParseString(hocon).GetInt("b"));

    [Fact]
    public void It_is_part_of_a_text() => Assert.Equal(
        "/var/data/disk-7.img",
        ConfigurationFactory.ParseString("root = /var/data\nnumber = 7\npath = ${root}/disk-${number}.img")
            .GetString("path"));

    [Fact]
    public void It_is_an_object()
    {
        var config = ConfigurationFactory.ParseString("a { x = 1, y { z = 2 } }\nb = ${a}");

        Assert.Equal(1, config.GetInt("b.x"));
        Assert.Equal(2, config.GetConfig("b.y")!.GetInt("z"));
    }

    [Fact]
    public void It_is_an_array_or_an_element_of_one()
    {
        var config = ConfigurationFactory.ParseString("a = [1, 2]\nb = ${a} [3]\nc = [${d}, 5]\nd = 4");

        Assert.Equal([1, 2, 3], config.GetIntList("b"));
        Assert.Equal([4, 5], config.GetIntList("c"));
    }

    [Theory]
    [InlineData("a = ${missing}")]
    [InlineData("a = ${a.b.c}\nb = 1")]
    public void One_that_leads_nowhere_is_refused(string hocon) =>
        Assert.Throws<FormatException>(() => ConfigurationFactory.ParseString(hocon));

    [Fact]
    public void It_does_not_look_into_a_fallback() => Assert.Throws<FormatException>(
        () => ConfigurationFactory.ParseString("a = ${b}").WithFallback(ConfigurationFactory.ParseString("b = 1")));
}

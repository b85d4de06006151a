// A configuration laid over another.

using Akka.Configuration;
using Xunit;

namespace Akka.Conformance.Tests.Configuration;

public sealed class ConfigFallbackSpecs
{
    private static Config Over(string own, string fallback) =>
        ConfigurationFactory.ParseString(own).WithFallback(ConfigurationFactory.ParseString(fallback));

    [Fact]
    public void A_fallback_fills_the_gaps()
    {
        var config = Over("a.x = 1", "a { x = 2, y = 3 }\nb = 4");

        Assert.Equal(1, config.GetInt("a.x"));
        Assert.Equal(3, config.GetInt("a.y"));
        Assert.Equal(4, config.GetInt("b"));
        Assert.Equal(["x", "y"], config.GetConfig("a")!.AsEnumerable().Select(member => member.Key).Order());
    }

    [Fact]
    public void The_nearest_of_several_fallbacks_holds()
    {
        var config = Over("a.x = 1", "a.y = 2")
            .WithFallback(ConfigurationFactory.ParseString("a { x = 9, y = 9, z = 3 }"));

        Assert.Equal(1, config.GetInt("a.x"));
        Assert.Equal(2, config.GetInt("a.y"));
        Assert.Equal(3, config.GetInt("a.z"));
    }

    [Fact]
    public void An_array_hides_the_fallbacks_array() =>
        Assert.Equal([1], Over("a = [1]", "a = [2, 3]").GetIntList("a"));

    [Fact]
    public void A_null_hides_the_fallbacks_value() => Assert.Null(Over("a = null", "a = 1").GetString("a", "default"));

    [Fact]
    public void A_value_hides_an_object_and_an_object_a_value()
    {
        Assert.Equal(5, Over("a = 5", "a { x = 1 }").GetInt("a"));
        Assert.Equal(1, Over("a { x = 1 }", "a = 5").GetInt("a.x"));
    }

    [Fact]
    public void Neither_side_is_changed()
    {
        var own = ConfigurationFactory.ParseString("a.x = 1");
        var fallback = ConfigurationFactory.ParseString("a.y = 2");
        var merged = own.WithFallback(fallback);

        Assert.True(merged.HasPath("a.x") && merged.HasPath("a.y"));
        Assert.False(own.HasPath("a.y"));
        Assert.False(fallback.HasPath("a.x"));
    }

    [Fact]
    public void An_empty_side_leaves_the_other()
    {
        var config = ConfigurationFactory.ParseString("a = 1");

        Assert.Equal(1, config.WithFallback(Config.Empty).GetInt("a"));
        Assert.Equal(1, Config.Empty.WithFallback(config).GetInt("a"));
        Assert.Same(config, config.WithFallback(null!));
    }

    [Fact]
    public void A_configuration_cannot_be_its_own_fallback()
    {
        var config = ConfigurationFactory.ParseString("a = 1");

        Assert.Throws<ArgumentException>(() => config.WithFallback(config));
    }

    [Fact]
    public void A_substitution_keeps_its_value_under_a_fallback() =>
        Assert.Equal(1, Over("a = 1\nb = ${a}", "a = 2\nb = 3").GetInt("b"));

    [Fact]
    public void The_text_of_a_configuration_holds_its_fallbacks_only_on_demand()
    {
        var config = Over("a = 1", "b = 2");

        Assert.False(ConfigurationFactory.ParseString(config.ToString()).HasPath("b"));
        Assert.True(ConfigurationFactory.ParseString(config.ToString(includeFallback: true)).HasPath("b"));
    }
}

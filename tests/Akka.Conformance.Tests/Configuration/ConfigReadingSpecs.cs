// Reading values by path: kinds of values, defaults, and what is refused.

using Akka.Configuration;
using Xunit;

namespace Akka.Conformance.Tests.Configuration;

public sealed class ConfigReadingSpecs
{
    private static readonly Config Sample = ConfigurationFactory.ParseString("""
        text = word, number = 42, long = 9876543210, fraction = 2.5, flag = on, nothing = null
        nested { text = inner, list = [1] }
        """);

    [Fact]
    public void Values_are_read_as_what_they_are_asked_for()
    {
        Assert.Equal("word", Sample.GetString("text"));
        Assert.Equal("42", Sample.GetString("number"));
        Assert.Equal(42, Sample.GetInt("number"));
        Assert.Equal(2.5, Sample.GetDouble("fraction"));
        Assert.Equal("inner", Sample.GetString("nested.text"));
    }

    [Theory]
    [InlineData("on", true)]
    [InlineData("true", true)]
    [InlineData("off", false)]
    [InlineData("false", false)]
    public void A_boolean_is_on_or_off_or_true_or_false(string text, bool expected) =>
        Assert.Equal(expected, ConfigurationFactory.ParseString($"a = {text}").GetBoolean("a", !expected));

    [Theory]
    [InlineData("yes")]
    [InlineData("True")]
    [InlineData("1")]
    public void Other_words_are_no_boolean(string text) =>
        Assert.Throws<NotSupportedException>(() => ConfigurationFactory.ParseString($"a = {text}").GetBoolean("a"));

    [Fact]
    public void A_path_that_leads_nowhere_gives_the_default()
    {
        Assert.Equal("d", Sample.GetString("missing", "d"));
        Assert.Null(Sample.GetString("nested.missing"));
        Assert.Equal(7, Sample.GetInt("text.missing", 7));
        Assert.Equal(0.5, Sample.GetDouble("missing", 0.5));
        Assert.True(Sample.GetBoolean("missing", true));
        Assert.Equal(TimeSpan.FromSeconds(1), Sample.GetTimeSpan("missing", TimeSpan.FromSeconds(1)));
        Assert.Equal(TimeSpan.Zero, Sample.GetTimeSpan("missing"));
        Assert.Null(Sample.GetByteSize("missing"));
        Assert.Equal(9, Sample.GetByteSize("missing", 9));
        Assert.Null(Sample.GetConfig("missing"));
        Assert.Null(Sample.GetValue("missing"));
        Assert.False(Sample.HasPath("missing"));
    }

    [Fact]
    public void A_value_that_is_there_and_cannot_be_read_throws_in_spite_of_a_default()
    {
        Assert.Throws<FormatException>(() => Sample.GetInt("text", 7));
        Assert.Throws<FormatException>(() => Sample.GetDouble("text", 7));
        Assert.Throws<OverflowException>(() => Sample.GetInt("long", 7));
        Assert.ThrowsAny<Exception>(() => Sample.GetInt("nothing", 7));
        Assert.ThrowsAny<Exception>(() => Sample.GetInt("nested", 7));
        Assert.ThrowsAny<Exception>(() => Sample.GetIntList("missing"));
    }

    [Fact]
    public void An_object_or_an_array_has_no_text()
    {
        Assert.Null(Sample.GetString("nested", "d"));
        Assert.Null(Sample.GetString("nested.list", "d"));
    }

    [Fact]
    public void A_part_of_a_configuration_is_a_configuration()
    {
        var nested = Sample.GetConfig("nested")!;

        Assert.Equal("inner", nested.GetString("text"));
        Assert.False(nested.HasPath("nested"));
        Assert.Equal(["list", "text"], nested.AsEnumerable().Select(member => member.Key).Order());
    }

    [Fact]
    public void A_configuration_without_keys_is_empty()
    {
        Assert.True(Config.Empty.IsEmpty);
        Assert.True(ConfigurationFactory.Empty.IsEmpty);
        Assert.True(ConfigurationFactory.ParseString(" # nothing\n").IsEmpty);
        Assert.False(Sample.IsEmpty);
    }

    [Fact]
    public void A_text_is_a_configuration_where_one_is_expected()
    {
        Config config = "a { b = 1 }";

        Assert.Equal(1, config.GetInt("a.b"));
    }

    [Fact]
    public void A_value_becomes_a_configuration()
    {
        var value = Sample.GetValue("nested")!;

        Assert.Equal("inner", value.ToConfig().GetString("text"));
    }

    [Fact]
    public void The_runtimes_own_defaults_can_be_had()
    {
        Assert.Equal("INFO", ConfigurationFactory.Default().GetString("akka.loglevel"));
        Assert.Equal(["Akka.Event.DefaultLogger"], ConfigurationFactory.Default().GetStringList("akka.loggers"));
    }
}

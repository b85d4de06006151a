// Arrays: their elements, separated by commas or lines, and arrays side by side.

using Akka.Configuration;
using Xunit;

namespace Akka.Conformance.Tests.Configuration;

public sealed class HoconArraySpecs
{
    [Theory]
    [InlineData("a = [1, 2, 3]")]
    [InlineData("a = [1,2,3,]")]
    [InlineData("a = [\n  1\n  2\n  3\n]")]
    [InlineData("a = [ 1 , # one\n 2, // two\n 3 ]")]
    [InlineData("a = [1] [2, 3]")]
    [InlineData("a = [9]\na = [1, 2, 3]")]
    public void Elements_are_separated_by_commas_or_lines(string hocon) =>
        Assert.Equal([1, 2, 3], ConfigurationFactory.ParseString(hocon).GetIntList("a"));

    [Fact]
    public void Elements_may_be_texts_in_any_form() => Assert.Equal(
        ["plain", "two words", "quoted, text", "raw \"text\"!"],
        ConfigurationFactory.ParseString(
            "a = [plain, two words, \"quoted, text\", \"\"\"raw \"text\"!\"\"\"]").GetStringList("a"));

    [Fact]
    public void Arrays_may_hold_arrays_and_objects()
    {
        var config = ConfigurationFactory.ParseString("a = [[1, 2], [3], { x = 4 }, {\n x = 5\n}]");
        var array = config.GetValue("a")!.GetArray();

        Assert.Equal([1, 2], array[0].GetIntList());
        Assert.Equal([3], array[1].GetIntList());
        Assert.Equal([4, 5], array.Skip(2).Select(element => element.GetChildObject("x")!.GetInt()));
    }

    [Fact]
    public void An_empty_array_has_no_element_and_is_there()
    {
        var config = ConfigurationFactory.ParseString("a = []");

        Assert.Empty(config.GetStringList("a"));
        Assert.True(config.HasPath("a"));
    }

    [Fact]
    public void A_list_of_strings_that_is_missing_is_empty_or_the_default()
    {
        var config = ConfigurationFactory.ParseString("a = 1");

        Assert.Empty(config.GetStringList("missing"));
        Assert.Equal(["x"], config.GetStringList("missing", ["x"]));
    }
}

// Texts that are no HOCON.

using Akka.Configuration;
using Xunit;

namespace Akka.Conformance.Tests.Configuration;

public sealed class HoconErrorSpecs
{
    [Theory]
    [InlineData("a = 1,, b = 2")]
    [InlineData("a { b = 1 }, c = 2")]
    [InlineData("$a = 1")]
    [InlineData("a = *")]
    [InlineData("a = x?y")]
    [InlineData("a = \"\\q\"")]
    [InlineData("a = \"\\u12x4\"")]
    public void A_character_out_of_place_is_refused(string hocon) =>
        Assert.Throws<FormatException>(() => ConfigurationFactory.ParseString(hocon));

    [Theory]
    [InlineData("a = http://host")]
    [InlineData("a = b=c")]
    [InlineData("a = [x:y]")]
    public void An_unquoted_text_with_an_assignment_in_it_is_refused(string hocon) =>
        Assert.Throws<ConfigurationException>(() => ConfigurationFactory.ParseString(hocon));
}

// What a configuration prints reads back as itself.

using Akka.Configuration;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Conformance.Tests.Configuration;

public sealed class RoundTripSpecs(ITestOutputHelper output)
{
    private static readonly string[] Texts =
        ["1", "-2.5", "word", "\"two words\"", "two words", "\"a:b\"", "64 KiB", "on"];

    [Fact]
    public void A_configuration_that_is_printed_reads_back_as_itself()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            output.WriteLine($"seed {seed}");
            var hocon = new RandomConfig(seed, Texts).Members(depth: 4);
            var read = ConfigurationFactory.ParseString(hocon);
            var again = ConfigurationFactory.ParseString(read.ToString());

            Assert.Equal(RandomConfig.Describe(read.Root!), RandomConfig.Describe(again.Root!));
        }
    }
}

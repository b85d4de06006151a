using System.CommandLine;
using Xunit;

namespace DmIo.Compare.Tests;

/// <summary>The settings of a command line.</summary>
public sealed class CompareCommandTests
{
    [Theory]
    [InlineData("", "P1,P2,P3,P4,P5,P6,P7,P8,P9,V1,V2,V3,N1,N2,N3,N4,N5,N6")]
    [InlineData("--only P3", "P3")]
    [InlineData("--only P9,P1", "P9,P1")]
    public void All_scenarios_run_unless_some_are_named(string arguments, string expected)
    {
        var settings = CompareCommand.SettingsOf(Parse(arguments));

        Assert.Equal(expected.Split(','), settings.Only);
    }

    [Fact]
    public void The_default_is_five_rounds()
    {
        Assert.Equal(5, CompareCommand.SettingsOf(Parse("")).Rounds);
    }

    [Fact]
    public void An_unknown_scenario_is_an_error_that_names_it()
    {
        var error = Assert.Single(Parse("--only P3,P10").Errors);

        Assert.Contains("'P10'", error.Message);
    }

    private static ParseResult Parse(string arguments) => CompareCommand.Create(CancellationToken.None)
        .Parse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}

using System.Globalization;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Volumes.Tests.Simulation;

/// <summary>
/// Volumes under random faults. <c>DMIO_LONG=1</c> runs a hundred times as many seeds; <c>DMIO_VOLUME_SEED</c> runs
/// one.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int Steps = 5000;
    private const int Seeds = 100;
    private const int LinesPrinted = 200;
    private const int ShortcutSeeds = 400;

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("DMIO_LONG") == "1";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void No_write_is_lost_no_read_goes_back_and_the_volume_comes_to_order(int group) =>
        RunAll(group, isBeyondAtlas: false);

    /// <summary>More copies of superblocks rot than members can lose: damaged members do not vote, and what is served
    /// is right.</summary>
    [Fact]
    public void Rot_beyond_what_a_member_can_lose_stops_a_volume_but_loses_nothing() =>
        RunAll(group: 5, isBeyondAtlas: true);

    [Fact]
    public void A_run_is_a_function_of_its_seed()
    {
        var first = SimulationRun.Run(SimulationOptions.Draw(7), Steps, isTracing: true);
        var second = SimulationRun.Run(SimulationOptions.Draw(7), Steps, isTracing: true);
        Assert.Equal(first.Steps, second.Steps);
        Assert.NotEmpty(first.Trace);
        Assert.Equal(first.Trace, second.Trace);
    }

    /// <summary>These shortcuts are found within a second; the exhaustive check finds the others.</summary>
    [Theory]
    [InlineData("any leg is a source")]
    [InlineData("nothing is resolved")]
    [InlineData("a write is acknowledged before the record")]
    [InlineData("a minority chooses a record")]
    [InlineData("a leg returns without a copy")]
    [InlineData("VM8: a failed flush does not end the continuity")]
    [InlineData("VM11: a power failure is not recorded")]
    [InlineData("VR5: two attempts have the same Guid")]
    [InlineData("a promise does not fence")]
    [InlineData("a read passes a write")]
    [InlineData("a failed flush is forgotten with the process")]
    public void A_simulation_finds_the_loss_of_data_by_a_shortcut(string shortcut)
    {
        var found = SimulationShortcuts.Search(SimulationShortcuts.All[shortcut], ShortcutSeeds, Steps);
        Assert.NotNull(found);
        output.WriteLine($"seed {found.Value.Seed}, step {found.Value.Result.Steps}: {found.Value.Result.Violation}");
    }

    private void RunAll(int group, bool isBeyondAtlas)
    {
        var chosen = Environment.GetEnvironmentVariable("DMIO_VOLUME_SEED");
        var count = chosen is not null ? 1 : IsLong ? Seeds * 100 : Seeds;
        var first = chosen is not null ? int.Parse(chosen, CultureInfo.InvariantCulture) : group * 1_000_000;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var (steps, answered, losses) = (0L, 0L, 0);
        for (var seed = first; seed < first + count; seed++)
        {
            var options = SimulationOptions.Draw(seed) with { IsBeyondAtlas = isBeyondAtlas };
            var result = SimulationRun.Run(options, Steps);
            Assert.True(result.Violation is null, result.Violation is null ? "" : Explain(options));
            steps += result.Steps;
            answered += result.Answered;
            losses += result.Losses;
        }

        output.WriteLine($"{count} seeds from {first}: {steps} steps, {answered} operations, {losses} losses of data "
            + $"by power failures in {watch.Elapsed.TotalSeconds:F1} s");
        Assert.NotEqual(0, answered);
    }

    private static string Explain(SimulationOptions options)
    {
        var again = SimulationRun.Run(options, Steps, isTracing: true);
        return $"seed {options.Seed}, step {again.Steps}: {again.Violation}\n  "
            + string.Join("\n  ", again.Trace.TakeLast(LinesPrinted))
            + $"\nRepeat: DMIO_VOLUME_SEED={options.Seed} dotnet test tests/DmIo.Volumes.Tests "
            + "--filter FullyQualifiedName~Simulation.SimulationTests";
    }
}

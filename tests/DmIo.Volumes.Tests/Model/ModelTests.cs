using DmIo.Volumes.Tests.Check;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Volumes.Tests.Model;

public sealed class ModelTests(ITestOutputHelper output)
{
    [Fact]
    public void First() => Run(new ModelOptions { Legs = 1, Writes = 1 });

    [Fact]
    public void Two() => Run(new ModelOptions { Legs = 2, Writes = 1, LosesLegs = true });

    [Fact]
    public void Witness() => Run(new ModelOptions { Legs = 2, Witnesses = 1, Writers = 2, Writes = 1, LosesLegs = true, Returns = true, MaxRecords = 3, Ticks = 2, Renewals = 1 });

    [Fact]
    public void Maps() => Run(new ModelOptions { Legs = 2, Writers = 1, Writes = 1, Crashes = 1, PowerLosses = 1, Cuts = 1, Flushes = 1, Returns = true, Cools = true });

    private void Run(ModelOptions options)
    {
        var explorer = new Explorer<VolumeWorld>(VolumeWorld.Of(options)) { StateLimit = 300_000 };
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var result = explorer.Search();
        output.WriteLine($"{result} in {watch.Elapsed.TotalSeconds:F1} s");
        foreach (var label in result.Trace)
        {
            output.WriteLine("   " + label);
        }

        Assert.Null(result.Violation);
    }
}

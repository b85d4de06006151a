using System.Diagnostics;
using System.Globalization;
using DmIo.Actors.Scheduling;
using DmIo.Devices;
using DmIo.Io;
using DmIo.TestKit.Oracle;
using DmIo.TestKit.Simulation;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Simulation;

/// <summary>
/// The whole service under seeded schedules and faults. <c>DMIO_SIMULATION_SEEDS</c> is the number of seeds,
/// <c>DMIO_SIMULATION_STEPS</c> the length of each run. The seeds are new each time; a failing one is printed, and
/// <c>dotnet run --project tests/DmIo.Simulation -c Release -- --seed N --steps N</c> repeats it.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int UsualSeeds = 400;
    private const int UsualSteps = 400;
    private const int SeedsForAll = 150;
    private const int SeedsInTwoProcesses = 300;

    [Fact]
    public void Random_seeds_violate_no_guarantee()
    {
        var seeds = Setting("DMIO_SIMULATION_SEEDS", UsualSeeds);
        var steps = Setting("DMIO_SIMULATION_STEPS", UsualSteps);
        var first = Random.Shared.Next(int.MaxValue - seeds);
        output.WriteLine($"seeds {first} to {first + seeds - 1}, {steps} steps each");

        if (SeedSearch.FirstFailing(first, seeds, steps) is { } seed)
        {
            Fail(seed, steps);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public void The_same_seed_gives_the_same_run(int seed)
    {
        var (one, other) = (new Trace(isKept: true), new Trace(isKept: true));
        Assert.Null(SeedSearch.Try(seed, UsualSteps, one));
        Assert.Null(SeedSearch.Try(seed, UsualSteps, other));

        Assert.Equal(one.Lines, other.Lines);
        Assert.Equal(one.Fingerprint, other.Fingerprint);
    }

    [Fact]
    public async Task The_same_seeds_give_the_same_runs_in_another_process()
    {
        var arguments = $"--fingerprints --first 1 --seeds {SeedsInTwoProcesses} --steps {UsualSteps}";

        var one = await OutputOfProcessAsync(arguments);
        var other = await OutputOfProcessAsync(arguments);

        Assert.Equal(SeedsInTwoProcesses, one.Length);
        Assert.Equal(one, other);
    }

    [Fact]
    public void Every_kind_of_request_and_fault_occurs_in_some_run()
    {
        var seen = new Coverage();
        for (var seed = 1; seed <= SeedsForAll; seed++)
        {
            Assert.Null(SeedSearch.Try(seed, UsualSteps, new Trace(isKept: false, seen)));
        }

        string[] missing =
        [
            .. seen.Missing<StepKind>(), .. seen.Missing<Reaction>(), .. seen.Missing<SendMode>(),
            .. seen.Missing<RequestTrait>(), .. seen.Missing<IoOperation>(), .. seen.Missing<IoPriority>(),
            .. seen.Missing<MemoryKind>(), .. seen.Missing<WriteZeroesFlags>(), .. seen.Missing<ServiceMode>(),
            .. seen.Missing<SchedulingPolicy>(), .. seen.Missing<DecoratorKind>(),
            .. seen.Missing<SimulatedFaultKind>(), .. seen.Missing<CreditEvent>(),
            .. seen.Missing<IoStatusCode>().Except(StatusesOfVolumes),
        ];
        Assert.Empty(missing);
    }

    /// <summary>Only volumes return these; DmIo.Volumes.Tests simulates them.</summary>
    private static IEnumerable<string> StatusesOfVolumes => new[]
    {
        IoStatusCode.Suspended, IoStatusCode.Fenced, IoStatusCode.InDoubt, IoStatusCode.PowerLost,
        IoStatusCode.Truncated,
    }.Select(status => $"{nameof(IoStatusCode)} {status}");

    /// <summary>The lines that the simulation program prints. Another process has other hash codes and
    /// addresses.</summary>
    private static async Task<string[]> OutputOfProcessAsync(string arguments)
    {
        var program = typeof(SimulationCommand).Assembly.Location;
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, $"\"{program}\" {arguments}")
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static int Setting(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var set) ? set : usual;

    private void Fail(int seed, int steps)
    {
        var shortest = SeedSearch.ShortestFailing(seed, steps);
        var trace = new Trace(isKept: true);
        var failure = SeedSearch.Try(seed, shortest, trace);
        foreach (var line in trace.Lines)
        {
            output.WriteLine(line);
        }

        Assert.Fail($"seed {seed}, {shortest} steps: {failure}");
    }
}

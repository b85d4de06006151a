using System.CommandLine;
using DmIo.Cli.Bench;

namespace DmIo.Compare;

/// <summary>
/// Lease B has one random 4 KiB read in flight at the device named disk; lease A has a given number in flight at the
/// same time. Reports B, then A if present.
/// </summary>
internal static class NeighborLoad
{
    internal const string Name = "neighbor";

    private static readonly Option<string> ConfigPath = new("--config") { Required = true };

    private static readonly Option<int> Flood = new("--flood");

    internal static Command Create(CancellationToken end)
    {
        var command = new Command(Name, "One read in flight of a lease during a flood by another lease.")
        {
            ConfigPath, Flood,
        }.With(LoadOptions.All);
        command.SetAction(parsed => RunAsync(parsed, end));
        return command;
    }

    private static async Task RunAsync(ParseResult parsed, CancellationToken end)
    {
        await using var service = LoadService.Start(
            await File.ReadAllTextAsync(parsed.GetRequiredValue(ConfigPath), CancellationToken.None));
        var limits = LoadOptions.LimitsOf(parsed);
        var quiet = new BenchWorkload
        {
            Operation = BenchOperation.RandRead,
            Regions = await service.RegionsAsync("disk"),
            BlockBytes = 4096,
            Depth = 1,
        };
        var flood = quiet with { Depth = parsed.GetValue(Flood), Seed = quiet.Seed + 1 };
        var running = new List<(BenchWorkload Workload, Task<BenchOutcome> Outcome)>();
        foreach (var workload in flood.Depth == 0 ? [quiet] : new[] { quiet, flood })
        {
            var job = await service.OpenAsync(workload);
            running.Add((workload, BenchRun.RunAsync([job], limits, end)));
        }

        foreach (var (workload, outcome) in running)
        {
            LoadOptions.Print(workload, limits, await outcome, isAlone: running.Count == 1);
        }
    }
}

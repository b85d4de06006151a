using System.CommandLine;
using DmIo.Cli;
using DmIo.Devices;
using DmIo.Devices.Decorators;
using DmIo.Io;

namespace DmIo.Compare;

/// <summary>
/// One lease writes to three memory devices at once, another to the first two. Then the third gets stuck for a
/// second,
/// in which nothing of the first lease completes. Reports the second lease before and while.
/// </summary>
internal static class StuckLegLoad
{
    internal const string Name = "stuckleg";

    private const int Legs = 3;
    private const int Depth = 8;

    private static readonly SectorCount LegSectors = (64 << 20) / Sector.SizeBytes;

    private static readonly TimeSpan StuckFor = TimeSpan.FromSeconds(1);

    internal static Command Create(CancellationToken end)
    {
        var command = new Command(Name, "What others feel of a leg that is stuck.").With(LoadOptions.All);
        command.SetAction(parsed => RunAsync(LoadOptions.LimitsOf(parsed), end));
        return command;
    }

    private static async Task RunAsync(BenchLimits limits, CancellationToken end)
    {
        await using var service = LoadService.Start("");
        var stuck = new StuckDevice(new MemoryDevice(LegSectors));
        stuck.Release();
        for (var leg = 0; leg < Legs; leg++)
        {
            await service.Service.AttachAsync(
                $"leg{leg}", leg == Legs - 1 ? stuck : new MemoryDevice(LegSectors), cancellationToken: end);
        }

        var replicated = new BenchWorkload
        {
            Operation = BenchOperation.RandWrite,
            Regions = await service.RegionsAsync("leg0", "leg1", "leg2"),
            BlockBytes = 4096,
            Depth = Depth,
        };
        var others = replicated with
        {
            Regions = await service.RegionsAsync("leg0", "leg1"),
            Seed = replicated.Seed + 1,
        };

        var before = await MeasureAsync(service, replicated, others, limits, null, end);
        var whileStuck = await MeasureAsync(service, replicated, others, new BenchLimits(
            TimeSpan.Zero, StuckFor), stuck, end);
        LoadOptions.Print(others, limits, before, isAlone: false);
        LoadOptions.Print(others, limits, whileStuck, isAlone: false);
    }

    /// <summary>The others' outcome.</summary>
    private static async Task<BenchOutcome> MeasureAsync(
        LoadService service,
        BenchWorkload replicated,
        BenchWorkload others,
        BenchLimits limits,
        StuckDevice? stuck,
        CancellationToken end)
    {
        var background = await service.OpenAsync(replicated);
        var measured = await service.OpenAsync(others);
        stuck?.Stick();
        var running = BenchRun.RunAsync([background], limits, end);
        var outcome = await BenchRun.RunAsync([measured], limits, end);
        stuck?.Release();
        await running;
        return outcome;
    }
}

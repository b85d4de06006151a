using System.CommandLine;
using DmIo.Cli.Bench;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;

namespace DmIo.Compare;

/// <summary>
/// One lease writes to three memory devices in each request, at a fixed rate; another keeps the first two busy. Then
/// the third device is stuck for a second: requests that name it continue to arrive and run on the two healthy devices,
/// and complete afterwards. Reports the second lease before and during that second, then the requests that name the
/// stuck device.
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
        var command = new Command(Name, "The effect of a stuck device on requests for others.").With(LoadOptions.All);
        command.SetAction(parsed => RunAsync(LoadOptions.LimitsOf(parsed), end));
        return command;
    }

    private static async Task RunAsync(BenchLimits limits, CancellationToken end)
    {
        await using var service = LoadService.Start("");
        var stuck = new HungDevice(new MemoryDevice(ByteSize.FromSectors(LegSectors)));
        stuck.Release();
        for (var leg = 0; leg < Legs; leg++)
        {
            await service.Service.AttachAsync(
                $"leg{leg}",
                leg == Legs - 1 ? stuck : new MemoryDevice(ByteSize.FromSectors(LegSectors)),
                cancellationToken: end);
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

        // Code gets faster for longer than the warm-up, so the first run is dropped.
        var ofStuck = new BenchLimits(TimeSpan.Zero, StuckFor);
        await MeasureAsync(service, replicated, others, limits, null, end);
        var (before, _) = await MeasureAsync(service, replicated, others, limits, null, end);
        var (whileStuck, stuckThemselves) = await MeasureAsync(service, replicated, others, ofStuck, stuck, end);
        LoadOptions.Print(others, limits, before, isAlone: false);
        LoadOptions.Print(others, ofStuck, whileStuck, isAlone: false);
        LoadOptions.Print(replicated, ofStuck, stuckThemselves, isAlone: false);
    }

    /// <summary>Measures the other lease and the replicated writes. All replicated writes count that are sent during
    /// the measurement, even if they complete later.</summary>
    private static async Task<(BenchOutcome Others, BenchOutcome Replicated)> MeasureAsync(
        LoadService service,
        BenchWorkload replicated,
        BenchWorkload others,
        BenchLimits limits,
        HungDevice? stuck,
        CancellationToken end)
    {
        await using var background = await PacedJob.OpenAsync(service.Service, replicated, StuckFor);
        await using var measured = await service.OpenAsync(others);
        stuck?.Hang();
        var running = BenchRun.RunAsync([background], limits with { Duration = limits.Duration + StuckFor }, end);
        var outcome = await BenchRun.RunAsync([measured], limits, end);
        stuck?.Release();
        return (outcome, await running);
    }
}

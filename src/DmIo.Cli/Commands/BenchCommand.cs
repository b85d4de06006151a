using System.CommandLine;
using DmIo.Io;

namespace DmIo.Cli;

/// <summary><c>dmio bench</c>: how fast, and how soon.</summary>
internal static class BenchCommand
{
    private const int PrefillPages = 2048;

    private const string Description = "Measure rates and latencies. Writing OVERWRITES the regions.";

    private const string Details = """
        Each lease keeps --depth requests in flight; an answer is followed by the next request. A read goes to
        the first region, a write to all at once, at the same offset within each; the smallest region bounds the
        offsets. Without +COUNT, a region goes to its device's end. randwrite, write and randrw destroy what
        the regions hold, and so does --prefill. Files that --create makes are filled before they are measured.
        Latencies are from sending to the arrival of the outcome; requests that fail count as errors alone.
        """;

    private const string Examples = """
          dmio bench --region mem:64MiB@0 --operation randwrite --duration 1s
          dmio bench --region a.img@0 --region b.img@0 --create 16MiB --operation randrw --requests 10000
          dmio bench --region a.img@0 --operation read --block-size 128KiB --depth 8 --duration 1s --json
        """;

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("bench", Description, Details, Examples) { Options.Region }
            .With(BenchArguments.Options);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var limits = BenchArguments.LimitsOf(parsed);
        var isReading = BenchArguments.OperationOf(parsed) is BenchOperation.RandRead or BenchOperation.Read
            && !BenchArguments.IsPrefillOf(parsed) && parsed.GetValue(Options.Create) is null;
        var access = isReading
            ? DeviceAccess.Reading(parsed)
            : DeviceAccess.Writing(parsed, parsed.GetValue(Options.Create));
        await using var session = await DeviceSession.StartAsync(context, parsed.GetValue(Options.Monitor));
        var targets = await session.AttachAsync(parsed.GetRequiredValue(Options.Region), access);
        var regions = RegionPlan.ToDeviceEnd(targets, mayOverlap: isReading);
        var workload = BenchArguments.WorkloadOf(parsed, regions);
        var unfilled = workload.Regions
            .Where((_, index) => BenchArguments.IsPrefillOf(parsed) || session.IsCreated(targets[index]))
            .ToArray();
        if (unfilled.Length > 0)
        {
            await PrefillAsync(context, session, unfilled, workload.Seed);
        }

        await using var run = new BenchRun();
        var (by, leases) = (BenchArguments.ByOf(parsed), BenchArguments.LeasesOf(parsed));
        await run.OpenAsync(session.System, session.Service, workload, by, leases);
        session.KeepCreatedFiles();
        BenchOutcome? outcome = null;
        var before = (await session.Service.GetStatisticsAsync()).Messages;
        await ProgressDisplay.RunAsync(
            context.Streams,
            context.Name,
            new BenchColumn(run, limits, workload.BlockBytes),
            async () => outcome = await run.RunAsync(limits, context.Interrupted));
        var after = (await session.Service.GetStatisticsAsync()).Messages;
        return Finish(context, (BenchReport.Of(workload, by, leases, limits, outcome!) with
        {
            Regions = [.. regions.Select(region => region.Region.ToString())],
            Modes = [.. targets.Select(target => target.Description.Mode.ToString().ToLowerInvariant())],
            PagesPerRequest = BenchSlot.PagesPerSlot(workload),
            Direct = parsed.GetValue(Options.Direct),
        }).With(before, after));
    }

    private static async Task PrefillAsync(
        RunContext context, DeviceSession session, IReadOnlyList<IoRegion> regions, int seed)
    {
        await using var client = await session.OpenAsync(PrefillPages, context.Interrupted);
        var progress = new TransferProgress { TotalBytes = regions.Sum(region => region.Count.Bytes) };
        await context.TimeAsync(
            progress, () => Prefill.RunAsync(client, regions, seed, progress, context.Interrupted));
    }

    private static int Finish(RunContext context, BenchReport report)
    {
        var isPrinted = context.Print(
            () => ReportJson.Write(report),
            (writer, _) => BenchTable.Write(writer, report),
            $"{report.Requests} requests were measured, {report.Errors} failed");
        if (report.Interrupted == true)
        {
            return ExitCode.Interrupted;
        }

        return report.Errors == 0 && isPrinted ? ExitCode.Ok : ExitCode.Failed;
    }
}

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using DmIo.Cli.Arguments;
using DmIo.Cli.Bench;
using DmIo.Cli.Exit;
using DmIo.Cli.Http;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Cli.Transfer;
using DmIo.Io;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio bench</c>: measures rates and latencies.</summary>
internal static class BenchCommand
{
    private const int PrefillPages = 2048;

    private const string Description = "Measure rates and latencies. Writing OVERWRITES the regions.";

    private const string Details = """
        Each lease keeps --depth requests in flight. A read goes to the first region, a write to all regions at
        the same offset; the smallest region limits the offsets. Without +COUNT, a region ends at the end of its
        device. randwrite, write, randrw and --prefill destroy the data of the regions. Files created by
        --create are written once before the measurement. A latency is the time from the submission to the
        completion of a request. Failed requests are counted as errors and have no latency.
        """;

    private const string Examples = """
          dmio bench --region mem:64MiB@0 --operation randwrite --duration 1s
          dmio bench --region a.img@0 --region b.img@0 --create 16MiB --operation randrw --requests 10000
          dmio bench --region a.img@0 --operation read --block-size 128KiB --depth 8 --duration 1s --json
        """;

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("bench", Description, Details, Examples) { SharedOptions.Region }
            .With(BenchArguments.Options);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var limits = BenchArguments.LimitsOf(parsed);
        var isReading = BenchArguments.OperationOf(parsed) is BenchOperation.RandRead or BenchOperation.Read
            && !BenchArguments.IsPrefillOf(parsed) && parsed.GetValue(SharedOptions.Create) is null;
        var access = isReading
            ? DeviceAccess.Reading(parsed)
            : DeviceAccess.Writing(parsed, parsed.GetValue(SharedOptions.Create));
        await using var session = await DeviceSession.StartAsync(context);
        await using var http = await StatusServers.StartAsync(session, parsed);
        var targets = await session.AttachAsync(parsed.GetRequiredValue(SharedOptions.Region), access);
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
        var began = Stopwatch.GetTimestamp();
        await ProgressDisplay.RunAsync(
            context.Streams,
            context.Name,
            () => new RateColumn(run, workload.BlockBytes),
            limits.Requests is null ? (limits.WarmUp + limits.Duration).TotalSeconds : null,
            () => Stopwatch.GetElapsedTime(began).TotalSeconds,
            async () => outcome = await run.RunAsync(limits, context.Interrupted));
        var after = (await session.Service.GetStatisticsAsync()).Messages;
        return Finish(context, (outcome!.ToReport(workload, by, leases, limits) with
        {
            Regions = [.. regions.Select(region => region.Region.ToString())],
            Modes = [.. targets.Select(target => target.Description.Mode.ToString().ToLowerInvariant())],
            PagesPerRequest = BenchSlot.PagesPerSlot(workload),
            Direct = access.IsDirect,
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
            (writer, _) => report.Write(writer),
            $"{report.Requests} requests were measured, {report.Errors} failed");
        if (report.Interrupted == true)
        {
            return ExitCode.Interrupted;
        }

        return report.Errors == 0 && isPrinted ? ExitCode.Ok : ExitCode.Failed;
    }

    /// <summary>The text after the progress bar: the current rate, not the average, so that changes show.</summary>
    private sealed class RateColumn(BenchRun run, int blockBytes) : ProgressColumn
    {
        private long lastTime = Stopwatch.GetTimestamp();
        private long lastCompleted;
        private double rate;

        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            var (now, completed) = (Stopwatch.GetTimestamp(), run.Completed);
            var seconds = Stopwatch.GetElapsedTime(lastTime, now).TotalSeconds;
            if (seconds > 0.05)
            {
                rate = (completed - lastCompleted) / seconds;
                (lastCompleted, lastTime) = (completed, now);
            }

            return new Text(string.Create(
                CultureInfo.InvariantCulture, $"{rate:0} requests/s, {Quantity.Bytes(rate * blockBytes)}/s"));
        }
    }
}

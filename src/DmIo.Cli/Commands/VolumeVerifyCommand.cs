using System.CommandLine;
using DmIo.AspNetCore.Documents;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Http;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Io;
using DmIo.Volumes;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio volume verify</c>: compares the legs of a volume.</summary>
internal static class VolumeVerifyCommand
{
    private const string Description = "Compare the legs of a volume.";

    private const string Details = """
        Opens the volume, and compares the legs that are in sync in regions of 64 KiB. If most of them are equal, a
        leg that differs leaves the legs in sync, gets a copy of the regions, and returns. With two legs,
        differences are only shown. What a leg misses, or a crash left unequal, is copied first; what cannot be
        copied is skipped.
        The exit code is 1 if legs differ. After Ctrl-C, the report says where to --start again. With --node, a
        running service compares the legs of its open volume; its max-resync setting limits the rate.
        """;

    private const string Examples = """
          dmio volume create disk --leg a.img --leg b.img --leg c.img --create 64MiB
          dmio volume verify --leg a.img --leg b.img --leg c.img
          dmio volume verify --leg a.img --leg b.img --leg c.img --start 32MiB --max-rate 100MiB --json
        """;

    private static readonly TimeSpan WaitInterval = TimeSpan.FromMilliseconds(100);

    // Of a leg that is not being copied to: it is attached soon, or cannot be used.
    private const int MaxWaits = 20;

    private static readonly Option<ByteSize?> Start = new("--start")
    {
        Description = "The offset in the volume at which the comparison begins. [default: 0]",
        HelpName = "SIZE",
        CustomParser = OptionValues.ReadSize,
    };

    private static readonly Option<ByteSize?> MaxRate = new("--max-rate")
    {
        Description = "The most that is compared and copied in a second. [default: no limit]",
        HelpName = "SIZE",
        CustomParser = OptionValues.ReadSize,
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("verify", Description, Details, Examples) { Start, MaxRate }
            .WithLegsOrNode(MaxRate);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        if (parsed.GetValue(NodeVolume.Node) is not null)
        {
            return await AskNodeAsync(parsed, context);
        }

        var devices = VolumeCommand.DevicesOf(parsed);
        await using var session = await DeviceSession.StartAsync(context);
        var options = await VolumeCommand.AttachAllAsync(session, devices, DeviceAccess.Writing(parsed)) with
        {
            MaxResync = parsed.GetValue(MaxRate) ?? default,
        };
        context.Interrupted.ThrowIfCancellationRequested();
        Volume? opened = null;
        await VolumeCommand.ChangeAsync(
            async () => opened = await session.Service.OpenVolumeAsync(options), "Repeat the command.");
        await using var volume = opened!;
        await WaitForLegsAsync(volume, context.Interrupted);
        var result = await VerifyAsync(volume, parsed.GetValue(Start) ?? default, context);
        return Print(context, VolumeVerifyReport.Of(result, session.TextOf));
    }

    private static async Task<int> AskNodeAsync(ParseResult parsed, RunContext context)
    {
        using var volume = await NodeVolume.OpenAsync(parsed, context);
        var (start, reached) = (parsed.GetValue(Start)?.Bytes ?? 0, default(long?));
        try
        {
            var last = await volume.RunAsync(
                "verify",
                new VerifyRequest(start),
                EndpointJson.Default.VerifyRequest,
                progress => reached = progress.DoneBytes);
            return Print(context, VolumeVerifyReport.Of(last.Verify!));
        }
        catch (OperationCanceledException) when (reached is not null)
        {
            context.Streams.Error.WriteLine(
                $"{context.Name}: interrupted; what was found is not known; continue with --start {reached}");
            return ExitCode.Interrupted;
        }
    }

    private static int Print(RunContext context, VolumeVerifyReport report)
    {
        var isPrinted = context.Print(() => ReportJson.Write(report), report.Write, report.Outcome);
        return report.Next is not null ? ExitCode.Interrupted
            : isPrinted && report.Differences.Count == 0 ? ExitCode.Ok
            : ExitCode.Failed;
    }

    /// <summary>Waits for the copies to legs that lack something: what a leg lacks is not compared.</summary>
    private static async Task WaitForLegsAsync(Volume volume, CancellationToken interrupted)
    {
        for (var waits = 0; waits < MaxWaits && !interrupted.IsCancellationRequested; waits++)
        {
            var status = await volume.GetStatusAsync();
            if (status.State == VolumeState.Healthy)
            {
                return;
            }

            var isCopying = status.State == VolumeState.Recovering
                || status.Legs.Any(leg => leg.State == LegState.Syncing);
            waits = isCopying ? 0 : waits;
            await Task.WhenAny(Task.Delay(WaitInterval, interrupted));
        }
    }

    private static async Task<VerifyResult> VerifyAsync(Volume volume, ByteSize start, RunContext context)
    {
        var status = await volume.GetStatusAsync();
        var progress = new TransferProgress { TotalBytes = Math.Max(0, status.Record.Size.Bytes - start.Bytes) };
        VerifyResult? result = null;
        await context.TimeAsync(progress, async () =>
            result = await volume.VerifyAsync(start, new Bar(progress, start), context.Interrupted));
        return result!;
    }

    /// <summary>Moves the progress to where the comparison has come.</summary>
    private sealed class Bar(TransferProgress progress, ByteSize start) : IProgress<VerifyProgress>
    {
        public void Report(VerifyProgress value) =>
            progress.Add(Math.Max(0, value.Next.Bytes - start.Bytes - progress.DoneBytes));
    }
}

using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Cli.Transfer;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio write</c>: writes the input to all regions at once.</summary>
internal static class WriteCommand
{
    private const string Description = "Write the same data to all regions at once.";

    private const string Details = """
        A region without +COUNT gets the whole input; a region with a smaller COUNT gets the start of it. The
        last sector is padded with zeroes. Without --fua the data is durable after `dmio flush`.

        With --progress, one line is printed when a chunk and all earlier chunks are written: "sector" and
        "count" from the start of the input, and in "errors" the regions that have failed so far.
        """;

    private const string Examples = """
          head -c 1000000 /dev/urandom > data.bin
          dmio write --region a.img@0 --region b.img@2048 --region mem:4MiB@0 --from data.bin --create 4MiB
          cat data.bin | dmio write --region a.img@4096 --verify --json
          dmio write --region a.img@0 --region b.img@0+8 --from data.bin --memory vm --mode sync --fua
          dmio write --region a.img@0 --from data.bin --chunk 64KiB --fua --progress
        """;

    private static readonly Option<string?> From = new("--from", "-f")
    {
        Description = "Input file; - for standard input. [default: standard input]",
        HelpName = "FILE|-",
    };

    private static readonly Option<bool> ForceUnitAccess = new("--fua")
    {
        Description = "Each request makes its data durable (FUA).",
    };

    private static readonly Option<bool> Verify = new("--verify")
    {
        Description = "Read every region back and compare it with the input.",
    };

    private static readonly Option<bool> Progress = new("--progress")
    {
        Description = "Print a line of JSON for each completed chunk, before the result.",
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("write", Description, Details, Examples)
        {
            SharedOptions.Region, From, SharedOptions.Create, ForceUnitAccess, Verify, Progress,
        }.With(TransferArguments.Options);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var arguments = TransferArguments.Of(parsed);
        var isVerified = parsed.GetValue(Verify);
        var plan = arguments.Plan(buffers: isVerified ? 2 : 1);
        var access = DeviceAccess.Writing(parsed, parsed.GetValue(SharedOptions.Create));
        await using var input = await InputSource.OpenAsync(parsed.GetValue(From), context.Streams);
        await using var session = await DeviceSession.StartAsync(context);
        var targets = await session.AttachAsync(parsed.GetRequiredValue(SharedOptions.Region), access, input);
        var regions = RegionPlan.ForWrite(targets, input.LengthBytes);

        await using var client = await session.OpenAsync(plan.Pages, context.Interrupted);
        session.KeepCreatedFiles();
        var progress = new TransferProgress { TotalBytes = input.LengthBytes };
        TransferFailedException? unprinted = null;
        var transfer = new WriteTransfer(
            new ClientRegionIo(client, arguments.Mode),
            regions,
            input,
            ChunkBuffers.Build(arguments.Memory, plan, isVerified ? 2 : 1, client.Lease.Pages),
            progress)
        {
            ForceUnitAccess = parsed.GetValue(ForceUnitAccess),
            Verify = isVerified,
            Done = parsed.GetValue(Progress)
                ? Print
                : null,
        };
        var elapsed = await context.TimeAsync(progress, () => transfer.RunAsync(context.Interrupted));
        var report = RegionState.ReportOf(regions, transfer.InputBytes, elapsed) with
        {
            PaddedBytes = transfer.PaddedBytes,
            Verified = isVerified ? true : null,
            Interrupted = transfer.IsInterrupted ? true : null,
        };
        return context.Finish(report, transfer.Failure ?? unprinted);

        // The write continues even if standard output fails.
        void Print(ChunkReport chunk)
        {
            try
            {
                if (unprinted is null)
                {
                    context.Streams.Output.WriteLine(ReportJson.Write(chunk));
                }
            }
            catch (TransferFailedException fault)
            {
                unprinted = fault;
            }
        }
    }
}

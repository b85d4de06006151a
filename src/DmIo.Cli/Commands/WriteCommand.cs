using System.CommandLine;

namespace DmIo.Cli;

/// <summary><c>dmio write</c>: the input to every region at once.</summary>
internal static class WriteCommand
{
    private const string Description = "Write the same data to all regions at once.";

    private const string Details = """
        A region without +COUNT takes as much as the input has; one with a smaller COUNT gets the beginning
        of it. A last sector that the input does not fill is padded with zeroes. Without --fua the data is
        durable after `dmio flush`.

        With --progress each line says which chunk is done, and every one before it: "sector" and "count"
        from the beginning of the input, and in "errors" the regions that have failed by then.
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
        Description = "What to write; - for standard input. [default: standard input]",
        HelpName = "FILE|-",
    };

    private static readonly Option<bool> ForceUnitAccess = new("--fua")
    {
        Description = "Durable when done: each request forces its data to the store (FUA).",
    };

    private static readonly Option<bool> Verify = new("--verify")
    {
        Description = "Read every region back and compare it with what was written.",
    };

    private static readonly Option<bool> Progress = new("--progress")
    {
        Description = "Print a line of JSON for each chunk that is done, before the result.",
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("write", Description, Details, Examples)
        {
            Options.Region, From, Options.Create, ForceUnitAccess, Verify, Progress,
        }.With(TransferArguments.Options);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var arguments = TransferArguments.Of(parsed);
        var isVerified = parsed.GetValue(Verify);
        var plan = arguments.Plan(buffers: isVerified ? 2 : 1);
        var access = DeviceAccess.Writing(parsed, parsed.GetValue(Options.Create));
        await using var input = await InputSource.OpenAsync(parsed.GetValue(From), context.Streams);
        await using var session = await DeviceSession.StartAsync(context);
        var targets = await session.AttachAsync(parsed.GetRequiredValue(Options.Region), access, input);
        var regions = RegionPlan.ForWrite(targets, input.LengthBytes);

        await using var client = await session.OpenAsync(plan.Pages, context.Interrupted);
        session.KeepCreatedFiles();
        var progress = new TransferProgress { TotalBytes = input.LengthBytes };
        TransferBrokenException? unprinted = null;
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
        var report = RunReport.Of(regions, transfer.InputBytes, elapsed) with
        {
            PaddedBytes = transfer.PaddedBytes,
            Verified = isVerified ? true : null,
            Interrupted = transfer.IsInterrupted ? true : null,
        };
        return context.Finish(report, transfer.Broken ?? unprinted);

        // What standard output does not take is no reason to stop the writing.
        void Print(ChunkReport chunk)
        {
            try
            {
                if (unprinted is null)
                {
                    context.Streams.Output.WriteLine(ReportJson.Write(chunk));
                }
            }
            catch (TransferBrokenException fault)
            {
                unprinted = fault;
            }
        }
    }
}

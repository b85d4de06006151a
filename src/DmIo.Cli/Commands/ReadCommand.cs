using System.CommandLine;
using DmIo.Io;

namespace DmIo.Cli;

/// <summary><c>dmio read</c>: one region to a file or to standard output.</summary>
internal static class ReadCommand
{
    private const string Description = "Read one region into a file or to standard output.";

    private const string Details = """
        Without +COUNT, to the device's end. What can't be read comes out as zeroes and is reported. With
        data on standard output, the report is on standard error.
        """;

    private const string Examples = """
          head -c 1M /dev/urandom > disk.img
          dmio read --region disk.img@0+8 --to first.bin
          dmio read --region disk.img@2040 | cksum
          dmio read --region disk.img@0 --memory bvec --json --to copy.img
        """;

    private static readonly Option<string?> To = new("--to", "-t")
    {
        Description = "Where the data goes, a file that is made new; - for standard output. "
            + "[default: standard output, where it is no terminal]",
        HelpName = "FILE|-",
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("read", Description, Details, Examples) { Options.Region, To }
            .With(TransferArguments.Options);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    /// <summary>The command writes data to standard output, so that reports are on standard error.</summary>
    internal static bool TakesOutput(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.Contains(To)
        && parsed.GetResult(To)?.Tokens is null or [] or [{ Value: "-" }];

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var to = parsed.GetValue(To);
        if (to is null && !context.Streams.IsOutputRedirected)
        {
            throw new RefusedException(
                "binary data is not for a terminal: say --to FILE, redirect standard output, or insist with --to -.");
        }

        var asked = parsed.GetRequiredValue(Options.Region);
        if (asked.Length != 1)
        {
            throw new RefusedException(
                $"a read takes exactly one region, not {asked.Length}; run it once for each.");
        }

        var arguments = TransferArguments.Of(parsed);
        var plan = arguments.Plan(buffers: 1);
        await using var session = await DeviceSession.StartAsync(context, to: to);
        var targets = await session.AttachAsync(asked, DeviceAccess.Reading(parsed));
        var regions = RegionPlan.ToDeviceEnd(targets, mayOverlap: true);

        await using var client = await session.OpenAsync(plan.Pages, context.Interrupted);
        await using var output = await OutputTarget.OpenAsync(to, context.Streams, session);
        var progress = new TransferProgress { TotalBytes = regions[0].Sectors * Sector.SizeBytes };
        var transfer = new ReadTransfer(
            new ClientRegionIo(client, arguments.Mode),
            regions[0],
            output,
            ChunkBuffers.Build(arguments.Memory, plan, 1, client.Lease.Pages),
            progress);
        var elapsed = await context.TimeAsync(progress, () => transfer.RunAsync(context.Interrupted));
        var report = RunReport.Of(regions, transfer.OutputBytes, elapsed) with
        {
            Interrupted = transfer.IsInterrupted ? true : null,
        };
        return context.Finish(report, transfer.Broken, isOutputTaken: to is null or "-");
    }
}

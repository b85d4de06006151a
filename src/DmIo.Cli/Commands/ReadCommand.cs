using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Cli.Transfer;
using DmIo.Io;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio read</c>: reads one region into a file or to standard output.</summary>
internal static class ReadCommand
{
    private const string Description = "Read one region into a file or to standard output.";

    private const string Details = """
        Without +COUNT, the region ends at the end of its device. Data that cannot be read is written as zeroes
        and reported. With data on standard output, the report is on standard error.
        """;

    private const string Examples = """
          head -c 1M /dev/urandom > disk.img
          dmio read --region disk.img@0+8 --to first.bin
          dmio read --region disk.img@2040 | cksum
          dmio read --region disk.img@0 --memory bvec --json --to copy.img
        """;

    private static readonly Option<string?> To = new("--to", "-t")
    {
        Description = "Output file, which is created or overwritten; - for standard output. "
            + "[default: standard output, unless it is a terminal]",
        HelpName = "FILE|-",
    };

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("read", Description, Details, Examples) { SharedOptions.Region, To }
            .With(TransferArguments.Options);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    /// <summary>True: the command writes data to standard output, so its report goes to standard error.</summary>
    internal static bool WritesToOutput(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.Contains(To)
        && parsed.GetResult(To)?.Tokens is null or [] or [{ Value: "-" }];

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var to = parsed.GetValue(To);
        if (to is null && !context.Streams.IsOutputRedirected)
        {
            throw new RefusedException(
                "standard output is a terminal: give --to FILE, redirect standard output, or force with --to -.");
        }

        var given = parsed.GetRequiredValue(SharedOptions.Region);
        if (given.Length != 1)
        {
            throw new RefusedException(
                $"a read has exactly one region, not {given.Length}; run it once for each region.");
        }

        var arguments = TransferArguments.Of(parsed);
        var plan = arguments.Plan(buffers: 1);
        await using var session = await DeviceSession.StartAsync(context, to: to);
        var targets = await session.AttachAsync(given, DeviceAccess.Reading(parsed));
        var regions = RegionPlan.ToDeviceEnd(targets, mayOverlap: true);

        await using var client = await session.OpenAsync(plan.Pages, context.Interrupted);
        await using var output = await OutputTarget.OpenAsync(to, context.Streams, session.RequireOther);
        var progress = new TransferProgress { TotalBytes = regions[0].Sectors * Sector.SizeBytes };
        var transfer = new ReadTransfer(
            new ClientRegionIo(client, arguments.Mode),
            regions[0],
            output,
            ChunkBuffers.Build(arguments.Memory, plan, 1, client.Lease.Pages),
            progress);
        var elapsed = await context.TimeAsync(progress, () => transfer.RunAsync(context.Interrupted));
        var report = RegionState.ReportOf(regions, transfer.OutputBytes, elapsed) with
        {
            Interrupted = transfer.IsInterrupted ? true : null,
        };
        return context.Finish(report, transfer.Failure, isOutputData: to is null or "-");
    }
}

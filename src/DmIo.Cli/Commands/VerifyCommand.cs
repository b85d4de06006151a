using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Cli.Transfer;
using DmIo.Io;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio verify</c>: compares regions.</summary>
internal static class VerifyCommand
{
    private const string Description = "Compare regions, and show the first difference.";

    private const string Details = """
        Each region is compared with the first. The bit of a region is set if it differs or cannot be read.
        All regions have the same length: the +COUNT of one of them, or the rest of their devices.
        """;

    private const string Examples = """
          head -c 1M /dev/urandom > a.img
          cp a.img b.img
          dmio verify --region a.img@0 --region b.img@0
          dmio verify --region a.img@8+16 --region b.img@8 --json
        """;

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("verify", Description, Details, Examples) { SharedOptions.Region }
            .With(TransferArguments.Options);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var given = parsed.GetRequiredValue(SharedOptions.Region);
        if (given.Length < 2)
        {
            throw new RefusedException("verify compares at least two regions; give --region twice or more.");
        }

        var arguments = TransferArguments.Of(parsed);
        var plan = arguments.Plan(buffers: given.Length);
        await using var session = await DeviceSession.StartAsync(context);
        var targets = await session.AttachAsync(given, DeviceAccess.Reading(parsed));
        var regions = RegionPlan.ForVerify(targets);

        await using var client = await session.OpenAsync(plan.Pages, context.Interrupted);
        var progress = new TransferProgress { TotalBytes = regions[0].Sectors * Sector.SizeBytes };
        var transfer = new VerifyTransfer(
            new ClientRegionIo(client, arguments.Mode),
            regions,
            ChunkBuffers.Build(arguments.Memory, plan, given.Length, client.Lease.Pages),
            progress);
        var elapsed = await context.TimeAsync(progress, () => transfer.RunAsync(context.Interrupted));
        return context.Finish(RegionState.ReportOf(regions, transfer.ComparedBytes, elapsed) with
        {
            Interrupted = transfer.IsInterrupted ? true : null,
        });
    }
}

using System.CommandLine;
using DmIo.Io;

namespace DmIo.Cli;

/// <summary><c>dmio verify</c>: do the regions hold the same?</summary>
internal static class VerifyCommand
{
    private const string Description = "Compare regions, and show the first difference.";

    private const string Details = """
        Each region is compared with the first; one that differs, or that can't be read, has its bit set.
        All have the same length: that of those with a +COUNT, or to the devices' ends.
        """;

    private const string Examples = """
          head -c 1M /dev/urandom > a.img
          cp a.img b.img
          dmio verify --region a.img@0 --region b.img@0
          dmio verify --region a.img@8+16 --region b.img@8 --json
        """;

    internal static Command Create(IConsoleStreams streams)
    {
        var command = new ExampleCommand("verify", Description, Details, Examples) { Options.Region }
            .With(TransferArguments.Options);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context)
    {
        var asked = parsed.GetRequiredValue(Options.Region);
        if (asked.Length < 2)
        {
            throw new RefusedException("one region has nothing to be compared with; say --region twice or more.");
        }

        var arguments = TransferArguments.Of(parsed);
        var plan = arguments.Plan(buffers: asked.Length);
        await using var session = await DeviceSession.StartAsync(context);
        var targets = await session.AttachAsync(asked, DeviceAccess.Reading(parsed));
        var regions = RegionPlan.ForVerify(targets);

        await using var client = await session.OpenAsync(plan.Pages, context.Interrupted);
        var progress = new TransferProgress { TotalBytes = regions[0].Sectors * Sector.SizeBytes };
        var transfer = new VerifyTransfer(
            new ClientRegionIo(client, arguments.Mode),
            regions,
            ChunkBuffers.Build(arguments.Memory, plan, asked.Length, client.Lease.Pages),
            progress);
        var elapsed = await context.TimeAsync(progress, () => transfer.RunAsync(context.Interrupted));
        return context.Finish(RunReport.Of(regions, transfer.ComparedBytes, elapsed) with
        {
            Interrupted = transfer.IsInterrupted ? true : null,
        });
    }
}

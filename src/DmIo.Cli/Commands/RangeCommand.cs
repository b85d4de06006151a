using System.CommandLine;
using DmIo.Io;

namespace DmIo.Cli;

/// <summary><c>dmio flush</c>, <c>dmio discard</c> and <c>dmio zero</c>: operations that carry no data.</summary>
internal static class RangeCommand
{
    private const string FlushDescription = "Make durable what was written to the regions' devices.";

    private const string FlushDetails =
        "A flush is of the whole device: the regions' sectors and counts do not matter.";

    private const string FlushExamples = """
          head -c 1M /dev/zero > disk.img
          dmio flush --region disk.img@0
        """;

    private const string DiscardDescription = "Give the regions' sectors up.";

    private const string DiscardDetails = """
        The store may free them; what a later read finds there is undefined. Without +COUNT, to the device's
        end.
        """;

    private const string DiscardExamples = """
          head -c 1M /dev/urandom > disk.img
          dmio discard --region disk.img@1024
        """;

    private const string ZeroDescription = "Make the regions' sectors read as zero.";

    private const string ZeroDetails = """
        No zeroes are sent where the store can do without. Without +COUNT, to the device's end.
        """;

    private const string ZeroExamples = """
          head -c 1M /dev/urandom > disk.img
          dmio zero --region disk.img@0+8 --region disk.img@2040
        """;

    internal static Command CreateFlush(IConsoleStreams streams) =>
        Create(streams, "flush", FlushDescription, FlushDetails, FlushExamples, IoOperation.Flush);

    internal static Command CreateDiscard(IConsoleStreams streams) =>
        Create(streams, "discard", DiscardDescription, DiscardDetails, DiscardExamples, IoOperation.Discard);

    internal static Command CreateZero(IConsoleStreams streams) =>
        Create(streams, "zero", ZeroDescription, ZeroDetails, ZeroExamples, IoOperation.WriteZeroes);

    private static ExampleCommand Create(
        IConsoleStreams streams,
        string name,
        string description,
        string details,
        string examples,
        IoOperation operation)
    {
        var command = new ExampleCommand(name, description, details, examples)
        {
            Options.Region, Options.Mode,
        }.With([.. DeviceAccess.Options, Options.Json, Options.Config, Options.Verbose]);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams), operation));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context, IoOperation operation)
    {
        await using var session = await DeviceSession.StartAsync(context);
        var targets = await session.AttachAsync(parsed.GetRequiredValue(Options.Region), DeviceAccess.Writing(parsed));
        var regions = operation == IoOperation.Flush
            ? RegionPlan.WholeDevices(targets)
            : RegionPlan.ToDeviceEnd(targets, mayOverlap: false);

        await using var client = await session.OpenAsync(pages: 1, context.Interrupted);
        var progress = new TransferProgress
        {
            TotalBytes = regions.Where(region => !region.IsGivenUp).Sum(region => region.Sectors * Sector.SizeBytes),
        };
        var transfer = new RangeTransfer(
            new ClientRegionIo(client, parsed.GetValue(Options.Mode)), operation, regions, progress);
        var elapsed = await context.TimeAsync(progress, () => transfer.RunAsync(context.Interrupted));
        return context.Finish(RunReport.Of(regions, regions.Sum(region => region.BytesDone), elapsed) with
        {
            Interrupted = transfer.IsInterrupted ? true : null,
        });
    }
}

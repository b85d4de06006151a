using System.CommandLine;
using DmIo.Cli.Arguments;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Streams;
using DmIo.Cli.Transfer;
using DmIo.Io;

namespace DmIo.Cli.Commands;

/// <summary><c>dmio flush</c>, <c>dmio discard</c> and <c>dmio zero</c>: operations without data.</summary>
internal static class RangeCommand
{
    private const string FlushDescription = "Make the completed writes to the devices of the regions durable.";

    private const string FlushDetails =
        "A flush is for the whole device: sectors and counts of the regions are ignored.";

    private const string FlushExamples = """
          head -c 1M /dev/zero > disk.img
          dmio flush --region disk.img@0
        """;

    private const string DiscardDescription = "Discard the sectors of the regions.";

    private const string DiscardDetails = """
        The store may free the sectors. Their contents are undefined after that. Without +COUNT, a region ends
        at the end of its device.
        """;

    private const string DiscardExamples = """
          head -c 1M /dev/urandom > disk.img
          dmio discard --region disk.img@1024
        """;

    private const string ZeroDescription = "Write zeroes to the sectors of the regions.";

    private const string ZeroDetails = """
        Uses the write zeroes operation of the device if it has one. Without +COUNT, a region ends at the end of
        its device.
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
            SharedOptions.Region,
        }.With(TransferArguments.OptionsWithoutMemory);
        command.SetAction(parsed => RunAsync(parsed, RunContext.Of(parsed, streams), operation));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, RunContext context, IoOperation operation)
    {
        await using var session = await DeviceSession.StartAsync(context);
        var targets = await session.AttachAsync(
            parsed.GetRequiredValue(SharedOptions.Region), DeviceAccess.Writing(parsed));
        var regions = operation == IoOperation.Flush
            ? RegionPlan.WholeDevices(targets)
            : RegionPlan.ToDeviceEnd(targets, mayOverlap: false);

        await using var client = await session.OpenAsync(pages: 1, context.Interrupted);
        var progress = new TransferProgress
        {
            TotalBytes = regions.Where(region => !region.IsGivenUp).Sum(region => region.Sectors * Sector.SizeBytes),
        };
        var transfer = new RangeTransfer(
            new ClientRegionIo(client, TransferArguments.ModeOf(parsed)), operation, regions, progress);
        var elapsed = await context.TimeAsync(progress, () => transfer.RunAsync(context.Interrupted));
        return context.Finish(RegionState.ReportOf(regions, regions.Sum(region => region.BytesDone), elapsed) with
        {
            Interrupted = transfer.IsInterrupted ? true : null,
        });
    }
}

/// <summary>
/// Operations without data. Flush is one request. Discard and write zeroes go chunk by chunk, so that a large region
/// shows progress and can be interrupted; each request has a chunk of every region.
/// </summary>
internal sealed class RangeTransfer(
    IRegionIo io, IoOperation operation, IReadOnlyList<RegionState> regions, TransferProgress progress)
{
    private const long ChunkSectors = 128 * 1024;

    internal bool IsInterrupted { get; private set; }

    internal async Task RunAsync(CancellationToken interrupted)
    {
        if (operation == IoOperation.Flush)
        {
            await SubmitAsync([.. regions], region => region.Region.Range(0, 0));
            return;
        }

        for (var position = 0L; !interrupted.IsCancellationRequested; position += ChunkSectors)
        {
            var active = regions.Where(region => region.SectorsAt(position, ChunkSectors) > 0).ToArray();
            if (active.Length == 0)
            {
                return;
            }

            var at = position;
            await SubmitAsync(active, region => region.Region.Range(at, region.SectorsAt(at, ChunkSectors)));
        }

        IsInterrupted = true;
        foreach (var region in regions.Where(region => region.BytesDone < region.Sectors * Sector.SizeBytes))
        {
            region.Fail(RegionOutcome.Stopped($"Stopped after {region.BytesDone / Sector.SizeBytes} sectors."));
        }
    }

    private async Task SubmitAsync(RegionState[] active, Func<RegionState, IoRegion> rangeOf)
    {
        var ranges = Array.ConvertAll(active, region => rangeOf(region));
        var result = await io.SubmitAsync(operation, ranges);
        for (var index = 0; index < active.Length; index++)
        {
            active[index].Add(result[index], ranges[index].Count.Bytes);
            progress.Add(ranges[index].Count.Bytes);
        }
    }
}

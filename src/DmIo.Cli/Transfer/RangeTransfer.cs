using DmIo.Cli.Reports;
using DmIo.Io;

namespace DmIo.Cli.Transfer;

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

using DmIo.Io;

namespace DmIo.Cli;

/// <summary>
/// Operations that carry no data: flush (one request), discard and write zeroes (in pieces, so that a large region
/// shows its progress and can be interrupted). The pieces of one request go to all regions at once.
/// </summary>
internal sealed class RangeTransfer(
    IRegionIo io, IoOperation operation, IReadOnlyList<RegionTally> regions, TransferProgress progress)
{
    private const long PieceSectors = 128 * 1024;

    internal bool IsInterrupted { get; private set; }

    internal async Task RunAsync(CancellationToken interrupted)
    {
        if (operation == IoOperation.Flush)
        {
            await SubmitAsync([.. regions], region => region.Region.Piece(0, 0));
            return;
        }

        for (var position = 0L; !interrupted.IsCancellationRequested; position += PieceSectors)
        {
            var active = regions.Where(region => region.SectorsAt(position, PieceSectors) > 0).ToArray();
            if (active.Length == 0)
            {
                return;
            }

            var at = position;
            await SubmitAsync(active, region => region.Region.Piece(at, region.SectorsAt(at, PieceSectors)));
        }

        IsInterrupted = true;
        foreach (var region in regions.Where(region => region.BytesDone < region.Sectors * Sector.SizeBytes))
        {
            region.Fail(RegionOutcome.Stopped($"Stopped after {region.BytesDone / Sector.SizeBytes} sectors."));
        }
    }

    private async Task SubmitAsync(RegionTally[] active, Func<RegionTally, IoRegion> pieceOf)
    {
        var pieces = Array.ConvertAll(active, region => pieceOf(region));
        var result = await io.SubmitAsync(operation, pieces);
        for (var index = 0; index < active.Length; index++)
        {
            active[index].Add(result[index], pieces[index].Count.Bytes);
            progress.Add(pieces[index].Count.Bytes);
        }
    }
}

using DmIo.Io;

namespace DmIo.Cli;

/// <summary>
/// What <c>write --progress</c> prints when a chunk is done, and every chunk before it: a region whose bit is clear
/// holds the input up to the end of this chunk, or up to its own end.
/// </summary>
/// <param name="Sector">Where the chunk begins, in sectors from the beginning of the input and of every
/// region.</param>
/// <param name="Count">Its length in sectors.</param>
/// <param name="Errors">The regions that failed by now.</param>
internal sealed record ChunkReport(long Sector, long Count, string Errors)
{
    internal static ChunkReport Of(WrittenChunk chunk, IReadOnlyList<RegionTally> regions)
    {
        var errors = regions.Where(region => !region.Outcome.IsOk)
            .Aggregate(ErrorBits.None, (bits, region) => bits.With(region.Index));
        return new ChunkReport(chunk.Position, chunk.Sectors, errors.ToString());
    }
}

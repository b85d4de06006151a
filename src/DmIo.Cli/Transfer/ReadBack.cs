using DmIo.Io;

namespace DmIo.Cli;

/// <summary>
/// What came of reading a written chunk back from one region (<c>--verify</c>): the read may fail, or bring other
/// bytes. The comparison is made while the chunk is still in memory, so that it needs no second look at the input.
/// </summary>
internal readonly record struct ReadBack(IoStatus Status, Difference? Difference)
{
    /// <summary>Reads and compares every region whose write went well.</summary>
    internal static async Task CompareAsync(IRegionIo io, WrittenChunk chunk)
    {
        if (chunk.Scratch is not { } scratch)
        {
            return;
        }

        chunk.Comparison = new ReadBack[chunk.Regions.Length];
        for (var index = 0; index < chunk.Regions.Length; index++)
        {
            if (!chunk.Result![index].IsOk)
            {
                continue;
            }

            var piece = chunk.PieceOf(index);
            var read = await io.SubmitAsync(IoOperation.Read, [piece], scratch);
            if (!read.IsOk)
            {
                chunk.Comparison[index] = new ReadBack(read[0], null);
            }
            else if (chunk.Data.FirstDifference(scratch, piece.Count.Bytes) is { } at)
            {
                var difference = new Difference(
                    piece.Start.Value + (at / Sector.SizeBytes),
                    (chunk.Position * Sector.SizeBytes) + at,
                    chunk.Data.ByteAt(at),
                    scratch.ByteAt(at),
                    ComparedWith: null);
                chunk.Comparison[index] = new ReadBack(IoStatus.Ok, difference);
            }
        }
    }

    internal void ApplyTo(RegionTally region)
    {
        if (!Status.IsOk)
        {
            var outcome = RegionOutcome.Of(Status);
            region.Fail(outcome with { Message = $"Reading back: {outcome.Message}" });
        }

        if (Difference is not null)
        {
            region.Differ(Difference);
        }
    }
}

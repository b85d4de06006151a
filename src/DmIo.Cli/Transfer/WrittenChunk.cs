using DmIo.Cli.Reports;
using DmIo.Cli.Streams;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli.Transfer;

/// <summary>One chunk of the input, its regions, and its results.</summary>
/// <param name="Regions">The regions that get the chunk.</param>
/// <param name="Position">Sectors from the start of the input, and of every region.</param>
/// <param name="Sectors">The length; a region that ends within the chunk gets less.</param>
/// <param name="Data">The data.</param>
/// <param name="Scratch">Buffer for reading the chunk back; null: the chunk is not verified.</param>
internal sealed record WrittenChunk(
    RegionState[] Regions, long Position, long Sectors, IoMemory Data, IoMemory? Scratch)
{
    private IoResult? result;
    private Verification[] verifications = [];

    /// <summary>Writes the chunk to all its regions, then reads it back from each region that was written. The
    /// comparison uses the chunk in memory, so the input is read once.</summary>
    internal async Task<WrittenChunk> WriteAsync(IRegionIo io, bool forceUnitAccess)
    {
        var ranges = new IoRegion[Regions.Length];
        for (var index = 0; index < ranges.Length; index++)
        {
            ranges[index] = RangeOf(index);
        }

        result = await io.SubmitAsync(IoOperation.Write, ranges, Data, forceUnitAccess);
        if (Scratch is not null)
        {
            verifications = new Verification[Regions.Length];
            for (var index = 0; index < Regions.Length; index++)
            {
                if (result[index].IsOk)
                {
                    verifications[index] = await VerifyAsync(io, ranges[index], Scratch);
                }
            }
        }

        return this;
    }

    /// <summary>Adds the results to the regions.</summary>
    internal void Complete()
    {
        for (var index = 0; index < Regions.Length; index++)
        {
            Regions[index].Add(result![index], RangeOf(index).Count.Bytes);
            if (verifications.Length > 0)
            {
                verifications[index].ApplyTo(Regions[index]);
            }
        }
    }

    private IoRegion RangeOf(int index)
    {
        var region = Regions[index].Region;
        var rest = (region.Count?.Value ?? long.MaxValue) - Position;
        return region.Range(Position, Math.Min(rest, Sectors));
    }

    private async Task<Verification> VerifyAsync(IRegionIo io, IoRegion range, IoMemory scratch)
    {
        var read = await io.SubmitAsync(IoOperation.Read, [range], scratch);
        if (!read.IsOk)
        {
            return new Verification(read[0], null);
        }

        if (Data.FirstDifference(scratch, range.Count.Bytes) is not { } at)
        {
            return default;
        }

        var difference = new Difference(
            range.Start.Value + (at / Sector.SizeBytes),
            (Position * Sector.SizeBytes) + at,
            Data.ByteAt(at),
            scratch.ByteAt(at),
            ComparedWith: null);
        return new Verification(IoStatus.Ok, difference);
    }

    /// <summary>The result of reading the chunk back from one region. Its default is a success.</summary>
    private readonly record struct Verification(IoStatus Status, Difference? Difference)
    {
        internal void ApplyTo(RegionState region)
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
}

using DmIo.Cli.Reports;
using DmIo.Cli.Streams;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli.Transfer;

/// <summary>
/// Reads all regions in parallel and compares each chunk with that of the first region that was read without error. A
/// region with a difference or a read error is not read further. The transfer ends when fewer than two regions are
/// left.
/// </summary>
internal sealed class VerifyTransfer(
    IRegionIo io, IReadOnlyList<RegionState> regions, ChunkBuffers buffers, TransferProgress progress)
{
    private readonly long count = regions[0].Region.Count!.Value.Value;

    /// <summary>Compared bytes of each region.</summary>
    internal long ComparedBytes { get; private set; }

    internal bool IsInterrupted { get; private set; }

    internal async Task RunAsync(CancellationToken interrupted)
    {
        var inFlight = new InFlight<ReadChunk>(chunk =>
        {
            Compare(chunk);
            return ValueTask.CompletedTask;
        });
        var slot = 0;
        var position = 0L;
        for (; position < count && Unfinished().Count() > 1 && !interrupted.IsCancellationRequested;)
        {
            await inFlight.MakeRoomAsync(buffers.DepthFor(io, spare: 0));
            var sectors = Math.Min(buffers.Plan.ChunkSectors, count - position);
            inFlight.Add(ReadAsync(position, sectors, slot));
            position += sectors;
            slot = (slot + 1) % buffers.Slots;
        }

        await inFlight.DrainAsync();
        if (position < count && Unfinished().Count() > 1)
        {
            IsInterrupted = true;
            foreach (var region in Unfinished())
            {
                region.Fail(RegionOutcome.Stopped($"Stopped after {position} of {count} sectors."));
            }
        }
    }

    private IEnumerable<RegionState> Unfinished() => regions.Where(region => region.Outcome.IsOk);

    private async Task<ReadChunk> ReadAsync(long position, long sectors, int slot)
    {
        var remaining = Unfinished().ToArray();
        var reads = new Task<IoResult>[remaining.Length];
        var memories = new IoMemory[remaining.Length];
        for (var index = 0; index < remaining.Length; index++)
        {
            memories[index] = buffers.Get(slot, index);
            reads[index] = io.SubmitAsync(
                IoOperation.Read, [remaining[index].Region.Range(position, sectors)], memories[index]);
        }

        return new ReadChunk(position, sectors * Sector.SizeBytes, remaining, memories, await Task.WhenAll(reads));
    }

    private void Compare(ReadChunk chunk)
    {
        var reference = -1;
        for (var index = 0; index < chunk.Regions.Length; index++)
        {
            var region = chunk.Regions[index];
            var isRead = chunk.Results[index][0].IsOk;
            region.Add(chunk.Results[index][0], chunk.LengthBytes);
            if (!isRead || !region.Outcome.IsOk)
            {
                continue;
            }

            if (reference < 0)
            {
                reference = index;
            }
            else if (chunk.Memories[reference].FirstDifference(chunk.Memories[index], chunk.LengthBytes) is { } at)
            {
                region.Differ(new Difference(
                    region.Region.Start.Value + chunk.Position + (at / Sector.SizeBytes),
                    (chunk.Position * Sector.SizeBytes) + at,
                    chunk.Memories[reference].ByteAt(at),
                    chunk.Memories[index].ByteAt(at),
                    chunk.Regions[reference].Index));
            }
        }

        ComparedBytes += chunk.LengthBytes;
        progress.Add(chunk.LengthBytes);
    }

    private sealed record ReadChunk(
        long Position, long LengthBytes, RegionState[] Regions, IoMemory[] Memories, IoResult[] Results);
}

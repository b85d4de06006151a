using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli;

/// <summary>
/// Streams the input to all regions at once, chunk by chunk: while the requests of earlier chunks are in flight, the
/// next chunk is read. Each region gets the input from its beginning (R5), as much of it as the region has room for; a
/// region that failed holds up no other (R6). Ends early when every region has failed or the user interrupts.
/// </summary>
internal sealed class WriteTransfer(
    IRegionIo io,
    IReadOnlyList<RegionTally> regions,
    InputSource input,
    ChunkBuffers buffers,
    TransferProgress progress)
{
    private readonly List<RegionTally> active = [];
    private long position;

    /// <summary>Durable when done.</summary>
    internal bool ForceUnitAccess { get; init; }

    /// <summary>Read every chunk back and compare; the slots have a second buffer for it.</summary>
    internal bool Verify { get; init; }

    /// <summary>Called for each chunk that is done, in order; null: nobody wants to know.</summary>
    internal Action<ChunkReport>? Done { get; init; }

    /// <summary>Bytes taken from the input.</summary>
    internal long InputBytes { get; private set; }

    /// <summary>Zero bytes that fill the last sector.</summary>
    internal int PaddedBytes { get; private set; }

    internal bool IsInterrupted { get; private set; }

    /// <summary>The input failed before its end.</summary>
    internal TransferBrokenException? Broken { get; private set; }

    internal async Task RunAsync(CancellationToken interrupted)
    {
        var inFlight = new InFlight<WrittenChunk>(chunk =>
        {
            Complete(chunk);
            return ValueTask.CompletedTask;
        });
        try
        {
            await PumpAsync(inFlight, interrupted);
        }
        catch (OperationCanceledException)
        {
            IsInterrupted = true;
        }
        catch (TransferBrokenException fault)
        {
            Broken = fault;
        }
        finally
        {
            await inFlight.DrainAsync();
        }

        Finish();
    }

    private async Task PumpAsync(InFlight<WrittenChunk> inFlight, CancellationToken interrupted)
    {
        for (var slot = 0; ; slot = (slot + 1) % buffers.Slots)
        {
            await inFlight.MakeRoomAsync(buffers.Slots);
            var room = RoomForChunk();
            if (room == 0 || regions.All(region => !region.Outcome.IsOk))
            {
                return;
            }

            interrupted.ThrowIfCancellationRequested();
            var buffer = buffers.Get(slot);
            var wanted = (int)room * Sector.SizeBytes;
            var filled = await input.FillAsync(buffer, wanted, interrupted);
            InputBytes += filled;
            if (filled > 0)
            {
                await inFlight.MakeRoomAsync(buffers.DepthFor(io, spare: 1));
                if (RoomForChunk() == 0)
                {
                    // The last ones that would have taken it were given up while it was read.
                    return;
                }

                inFlight.Add(SubmitAsync(buffer, Verify ? buffers.Get(slot, 1) : null, Pad(buffer, filled)));
            }

            if (filled < wanted)
            {
                return;
            }
        }
    }

    /// <summary>Sectors of the next chunk that some region takes.</summary>
    private long RoomForChunk() => regions.Max(region => region.SectorsAt(position, buffers.Plan.ChunkSectors));

    /// <summary>Fills the last sector; returns the chunk's length in sectors.</summary>
    private long Pad(IoMemory buffer, int filled)
    {
        var sectors = (filled + Sector.SizeBytes - 1) / Sector.SizeBytes;
        PaddedBytes = (sectors * Sector.SizeBytes) - filled;
        buffer.Clear(filled, PaddedBytes);
        return sectors;
    }

    private Task<WrittenChunk> SubmitAsync(IoMemory buffer, IoMemory? scratch, long sectors)
    {
        active.Clear();
        foreach (var region in regions.Where(region => !region.IsGivenUp))
        {
            var taken = region.SectorsAt(position, sectors);
            if (taken < sectors)
            {
                region.TookPrefix();
            }

            if (taken > 0)
            {
                active.Add(region);
            }
        }

        var chunk = new WrittenChunk([.. active], position, sectors, buffer, scratch);
        position += sectors;
        return WriteAsync(chunk);
    }

    private async Task<WrittenChunk> WriteAsync(WrittenChunk chunk)
    {
        var pieces = new IoRegion[chunk.Regions.Length];
        for (var index = 0; index < pieces.Length; index++)
        {
            pieces[index] = chunk.PieceOf(index);
        }

        chunk.Result = await io.SubmitAsync(IoOperation.Write, pieces, chunk.Data, ForceUnitAccess);
        await ReadBack.CompareAsync(io, chunk);
        return chunk;
    }

    private void Complete(WrittenChunk chunk)
    {
        for (var index = 0; index < chunk.Regions.Length; index++)
        {
            chunk.Regions[index].Add(chunk.Result![index], chunk.PieceOf(index).Count.Bytes);
            chunk.Comparison?[index].ApplyTo(chunk.Regions[index]);
        }

        progress.Add(chunk.Sectors * Sector.SizeBytes);
        Done?.Invoke(ChunkReport.Of(chunk, regions));
    }

    /// <summary>What a region was promised and did not get is its error, however well its chunks went.</summary>
    private void Finish()
    {
        long? inputSectors = input.LengthBytes is { } length ? SectorsOf(length) : null;
        var isEnded = !IsInterrupted && Broken is null;
        foreach (var region in regions)
        {
            region.Reach(inputSectors ?? position);
            if (inputSectors > region.Sectors)
            {
                region.TookPrefix();
            }

            var promised = region.Region.Count?.Value ?? inputSectors ?? (isEnded ? position : long.MaxValue);
            if (position < promised)
            {
                region.Fail(isEnded
                    ? RegionOutcome.ShortInput($"The input ended after {position} sectors, the region has {promised}.")
                    : RegionOutcome.Stopped($"Stopped after {position} sectors."));
            }
        }
    }

    private static long SectorsOf(long lengthBytes) =>
        (lengthBytes / Sector.SizeBytes) + (lengthBytes % Sector.SizeBytes == 0 ? 0 : 1);
}

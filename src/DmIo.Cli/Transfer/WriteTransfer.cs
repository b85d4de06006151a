using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Streams;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli.Transfer;

/// <summary>
/// Writes the input to all regions at once, chunk by chunk, and reads the next chunk of the input while the requests of
/// earlier chunks are in flight. Each region gets the input from its start (R5), up to the end of the region; a failed
/// region does not delay the others (R6). The transfer ends early if every region has failed or the user interrupts.
/// </summary>
internal sealed class WriteTransfer(
    IRegionIo io,
    IReadOnlyList<RegionState> regions,
    InputSource input,
    ChunkBuffers buffers,
    TransferProgress progress)
{
    private readonly List<RegionState> active = [];
    private long position;

    internal bool ForceUnitAccess { get; init; }

    /// <summary>Read every chunk back and compare. Each slot has a second buffer for this.</summary>
    internal bool Verify { get; init; }

    /// <summary>Called for each completed chunk, in order; null: not needed.</summary>
    internal Action<ChunkReport>? Done { get; init; }

    /// <summary>Bytes read from the input.</summary>
    internal long InputBytes { get; private set; }

    /// <summary>Zero bytes that pad the last sector.</summary>
    internal int PaddedBytes { get; private set; }

    internal bool IsInterrupted { get; private set; }

    /// <summary>The error of the input; null: none.</summary>
    internal TransferFailedException? Failure { get; private set; }

    internal async Task RunAsync(CancellationToken interrupted)
    {
        var inFlight = new InFlight<WrittenChunk>(chunk =>
        {
            Complete(chunk);
            return ValueTask.CompletedTask;
        });
        try
        {
            await WriteAllAsync(inFlight, interrupted);
        }
        catch (OperationCanceledException)
        {
            IsInterrupted = true;
        }
        catch (TransferFailedException fault)
        {
            Failure = fault;
        }
        finally
        {
            await inFlight.DrainAsync();
        }

        Finish();
    }

    private async Task WriteAllAsync(InFlight<WrittenChunk> inFlight, CancellationToken interrupted)
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
                    // The last regions for this chunk were given up while the input was read.
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

    /// <summary>Sectors of the next chunk, by the region with the most room.</summary>
    private long RoomForChunk() => regions.Max(region => region.SectorsAt(position, buffers.Plan.ChunkSectors));

    /// <summary>Pads the last sector with zeroes and returns the length of the chunk in sectors.</summary>
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
                region.MarkPrefix();
            }

            if (taken > 0)
            {
                active.Add(region);
            }
        }

        var chunk = new WrittenChunk([.. active], position, sectors, buffer, scratch);
        position += sectors;
        return chunk.WriteAsync(io, ForceUnitAccess);
    }

    private void Complete(WrittenChunk chunk)
    {
        chunk.Complete();
        progress.Add(chunk.Sectors * Sector.SizeBytes);
        if (Done is not null)
        {
            var errors = regions.Where(region => !region.Outcome.IsOk)
                .Aggregate(ErrorBits.None, (bits, region) => bits.With(region.Index));
            Done(new ChunkReport(chunk.Position, chunk.Sectors, errors.ToString()));
        }
    }

    /// <summary>Sets the status of the regions that did not get all their sectors, even if every chunk
    /// succeeded.</summary>
    private void Finish()
    {
        long? inputSectors = input.LengthBytes is { } length ? SectorsOf(length) : null;
        var isEnded = !IsInterrupted && Failure is null;
        foreach (var region in regions)
        {
            region.Reach(inputSectors ?? position);
            if (inputSectors > region.Sectors)
            {
                region.MarkPrefix();
            }

            var expected = region.Region.Count?.Value ?? inputSectors ?? (isEnded ? position : long.MaxValue);
            if (position < expected)
            {
                region.Fail(isEnded
                    ? RegionOutcome.ShortInput($"The input ended after {position} sectors, the region has {expected}.")
                    : RegionOutcome.Stopped($"Stopped after {position} sectors."));
            }
        }
    }

    private static long SectorsOf(long lengthBytes) =>
        (lengthBytes / Sector.SizeBytes) + (lengthBytes % Sector.SizeBytes == 0 ? 0 : 1);
}

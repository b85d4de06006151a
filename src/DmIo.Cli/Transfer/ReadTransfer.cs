using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli;

/// <summary>
/// Streams one region to the output, in order, with several chunks read ahead. A chunk that can't be read goes out as
/// zeroes (R8), so that what follows it stays in its place; where every later chunk would fail too, the transfer ends.
/// </summary>
internal sealed class ReadTransfer(
    IRegionIo io, RegionTally region, OutputTarget output, ChunkBuffers buffers, TransferProgress progress)
{
    private readonly long count = region.Region.Count!.Value.Value;

    /// <summary>Bytes given to the output.</summary>
    internal long OutputBytes { get; private set; }

    internal bool IsInterrupted { get; private set; }

    /// <summary>The output took no more.</summary>
    internal TransferBrokenException? Broken { get; private set; }

    internal async Task RunAsync(CancellationToken interrupted)
    {
        var inFlight = new InFlight<ReadChunk>(chunk => CompleteAsync(chunk, interrupted));
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
            await inFlight.AbandonAsync();
        }

        if (OutputBytes < count * Sector.SizeBytes)
        {
            region.Fail(RegionOutcome.Stopped($"Stopped after {OutputBytes / Sector.SizeBytes} of {count} sectors."));
        }
    }

    private async Task PumpAsync(InFlight<ReadChunk> inFlight, CancellationToken interrupted)
    {
        var slot = 0;
        for (var position = 0L; position < count && !region.IsGivenUp;)
        {
            await inFlight.MakeRoomAsync(buffers.DepthFor(io, spare: 0));
            interrupted.ThrowIfCancellationRequested();
            var sectors = Math.Min(buffers.Plan.ChunkSectors, count - position);
            inFlight.Add(ReadAsync(region.Region.Piece(position, sectors), buffers.Get(slot)));
            position += sectors;
            slot = (slot + 1) % buffers.Slots;
        }

        await inFlight.DrainAsync();
    }

    private async Task<ReadChunk> ReadAsync(IoRegion piece, IoMemory memory) =>
        new(piece, memory, await io.SubmitAsync(IoOperation.Read, [piece], memory));

    private async ValueTask CompleteAsync(ReadChunk chunk, CancellationToken interrupted)
    {
        var (length, status) = ((int)chunk.Piece.Count.Bytes, chunk.Result[0]);
        if (!status.IsOk)
        {
            region.Add(status, length);
        }

        if (region.IsGivenUp)
        {
            return;
        }

        // What went well is delivered when the output has it.
        await output.WriteAsync(chunk.Memory, length, interrupted);
        if (status.IsOk)
        {
            region.Add(status, length);
        }

        OutputBytes += length;
        progress.Add(length);
    }

    private sealed record ReadChunk(IoRegion Piece, IoMemory Memory, IoResult Result);
}

using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Streams;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli.Transfer;

/// <summary>
/// Reads one region to the output in order, with several reads in flight. A chunk that cannot be read is written as
/// zeroes (R8), which keeps the offsets of the data after it. The transfer ends if every later chunk would fail too.
/// </summary>
internal sealed class ReadTransfer(
    IRegionIo io, RegionState region, OutputTarget output, ChunkBuffers buffers, TransferProgress progress)
{
    private readonly long count = region.Region.Count!.Value.Value;

    /// <summary>Bytes written to the output.</summary>
    internal long OutputBytes { get; private set; }

    internal bool IsInterrupted { get; private set; }

    /// <summary>The error of the output; null: none.</summary>
    internal TransferFailedException? Failure { get; private set; }

    internal async Task RunAsync(CancellationToken interrupted)
    {
        var inFlight = new InFlight<ReadChunk>(chunk => CompleteAsync(chunk, interrupted));
        try
        {
            await ReadAllAsync(inFlight, interrupted);
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
            await inFlight.AbandonAsync();
        }

        if (OutputBytes < count * Sector.SizeBytes)
        {
            region.Fail(RegionOutcome.Stopped($"Stopped after {OutputBytes / Sector.SizeBytes} of {count} sectors."));
        }
    }

    private async Task ReadAllAsync(InFlight<ReadChunk> inFlight, CancellationToken interrupted)
    {
        var slot = 0;
        for (var position = 0L; position < count && !region.IsGivenUp;)
        {
            await inFlight.MakeRoomAsync(buffers.DepthFor(io, spare: 0));
            interrupted.ThrowIfCancellationRequested();
            var sectors = Math.Min(buffers.Plan.ChunkSectors, count - position);
            inFlight.Add(ReadAsync(region.Region.Range(position, sectors), buffers.Get(slot)));
            position += sectors;
            slot = (slot + 1) % buffers.Slots;
        }

        await inFlight.DrainAsync();
    }

    private async Task<ReadChunk> ReadAsync(IoRegion range, IoMemory memory) =>
        new(range, memory, await io.SubmitAsync(IoOperation.Read, [range], memory));

    private async ValueTask CompleteAsync(ReadChunk chunk, CancellationToken interrupted)
    {
        var (length, status) = ((int)chunk.Range.Count.Bytes, chunk.Result[0]);
        if (!status.IsOk)
        {
            region.Add(status, length);
        }

        if (region.IsGivenUp)
        {
            return;
        }

        // A chunk counts as read after the output has taken it.
        await output.WriteAsync(chunk.Memory, length, interrupted);
        if (status.IsOk)
        {
            region.Add(status, length);
        }

        OutputBytes += length;
        progress.Add(length);
    }

    private sealed record ReadChunk(IoRegion Range, IoMemory Memory, IoResult Result);
}

using DmIo.Actors.Client;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli;

/// <summary>
/// Writes every sector of regions before they are measured, in order, 1 MiB at a time, and flushes: reading a hole, or
/// writing into one, measures the file system and not the store.
/// </summary>
internal static class Prefill
{
    private const int ChunkBytes = 1 << 20;
    private const int ChunkSectors = ChunkBytes / Sector.SizeBytes;
    private const int InFlightChunks = 8;

    /// <exception cref="OperationCanceledException">The user ended it; what was in flight is done.</exception>
    /// <exception cref="RefusedException">A region can't be written; there is nothing to measure.</exception>
    internal static async Task RunAsync(
        IoClient client, IReadOnlyList<IoRegion> regions, int seed, TransferProgress progress, CancellationToken stop)
    {
        var data = VirtualBuffer.Allocate(ChunkBytes);
        new Random(seed).NextBytes(data.GetMemory(0, ChunkBytes).Span);
        foreach (var region in regions)
        {
            var inFlight = new InFlight<IoResult>(result =>
            {
                progress.Add(ChunkBytes);
                return Require(region, result);
            });
            for (var position = 0L; position < region.Count.Value && !stop.IsCancellationRequested;)
            {
                var sectors = Math.Min(ChunkSectors, region.Count.Value - position);
                var chunk = new IoRegion(region.Device, region.Start.Value + position, sectors);
                await inFlight.MakeRoomAsync(InFlightChunks);
                inFlight.Add(client.WriteAsync(chunk, data, cancellationToken: CancellationToken.None));
                position += sectors;
            }

            await inFlight.DrainAsync();
            stop.ThrowIfCancellationRequested();
            await Require(region, await client.FlushAsync(region.Device, cancellationToken: CancellationToken.None));
        }
    }

    private static ValueTask Require(IoRegion region, IoResult result) => result.IsOk
        ? ValueTask.CompletedTask
        : throw new RefusedException($"{region} can't be filled before it is measured: {result[0]}");
}

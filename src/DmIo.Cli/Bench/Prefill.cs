using DmIo.Actors.Client;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Transfer;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Cli.Bench;

/// <summary>
/// Writes every sector of the regions before the measurement, in chunks of 1 MiB, and flushes: reading or writing a
/// hole of a file measures the file system, not the store.
/// </summary>
internal static class Prefill
{
    private const int ChunkBytes = 1 << 20;
    private const int ChunkSectors = ChunkBytes / Sector.SizeBytes;
    private const int InFlightChunks = 8;

    /// <exception cref="OperationCanceledException">The user interrupted; the writes in flight have
    /// completed.</exception>
    /// <exception cref="RefusedException">A region cannot be written, so it cannot be measured.</exception>
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
        : throw new RefusedException($"{region} cannot be written before the measurement: {result[0]}");
}

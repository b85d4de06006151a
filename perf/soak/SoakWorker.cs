using DmIo.Actors.Client;
using DmIo.Io;

namespace DmIo.Soak;

/// <summary>The owner of a lease: sequential requests of every kind to one to three devices; after some, it puts the
/// lease and gets another one.</summary>
internal sealed class SoakWorker(DmIoService service, IReadOnlyList<string> devices, SoakCounts counts, int seed)
{
    /// <summary>The sectors of each device.</summary>
    internal const int Sectors = 2048;

    private const int MostSectors = 32;
    private const int RequestsOfLease = 500;

    private readonly Random random = new(seed);
    private readonly byte[] memory = new byte[MostSectors * Sector.SizeBytes];

    /// <summary>Runs until it is canceled and its last request has ended.</summary>
    internal async Task RunAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await using var client = await service.OpenAsync(
                random.Next(1, 9), wait: true, cancellationToken: CancellationToken.None);
            for (var count = random.Next(RequestsOfLease); count >= 0 && !end.IsCancellationRequested; count--)
            {
                counts.Begin();
                var result = await OneAsync(client);
                counts.End(result.IsOk);
            }

            counts.Reopen();
        }
    }

    private Task<IoResult> OneAsync(IoClient client)
    {
        var options = random.Next(64) == 0 ? new RequestOptions { Deadline = TimeSpan.FromSeconds(60) } : null;
        return random.Next(16) switch
        {
            < 6 => client.ReadAsync(Regions(1)[0], memory, options),
            < 13 => client.WriteAsync(Regions(random.Next(1, 4)), memory, options),
            13 => client.FlushAsync(Regions(random.Next(1, 4)), options),
            14 => client.WriteZeroesAsync(Regions(random.Next(1, 4)), options),
            _ => client.DiscardAsync(Regions(1), options),
        };
    }

    /// <summary>Regions on this number of consecutive devices.</summary>
    private IoRegion[] Regions(int count)
    {
        var first = random.Next(devices.Count);
        var sectors = random.Next(1, (MostSectors / 8) + 1) * 8;
        return [.. Enumerable.Range(first, count).Select(index => new IoRegion(
            devices[index % devices.Count], random.Next((Sectors - sectors) / 8) * 8, sectors))];
    }
}

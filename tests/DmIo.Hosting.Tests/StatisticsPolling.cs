using DmIo.Actors.Client;
using DmIo.Actors.Telemetry;

namespace DmIo.Hosting.Tests;

internal static class StatisticsPolling
{
    /// <summary>Looks until it is so; each look is a round trip, so it needs no pause.</summary>
    internal static async Task GetStatisticsUntilAsync(
        this DmIoService service, Func<ServiceStatistics, bool> isReached)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!isReached(await service.GetStatisticsAsync(limit.Token)))
        {
        }
    }
}

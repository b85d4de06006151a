using DmIo.Actors.Client;
using DmIo.Actors.Telemetry;

namespace DmIo.Hosting.Tests;

internal static class StatisticsPolling
{
    /// <summary>Polls until the condition holds; each query is a round trip, so no pause is needed.</summary>
    internal static async Task GetStatisticsUntilAsync(
        this DmIoService service, Func<ServiceStatistics, bool> isReached)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!isReached(await service.GetStatisticsAsync(limit.Token)))
        {
        }
    }
}

using DmIo.Actors.Telemetry;
using DmIo.Cli.Exit;
using DmIo.Cli.Http;
using DmIo.Cli.Reports;

namespace DmIo.Cli.Top;

/// <summary>
/// Snapshots of the service at an endpoint, from successive statistics. The first interval is at most half a second, so
/// that the first rates are shown soon.
/// </summary>
internal sealed class NodeSource(NodeClient client, TimeSpan interval) : ITopSource
{
    private static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(500);

    private ServiceStatistics? last;
    private bool isFirst = true;

    public async ValueTask<TopSnapshot?> NextAsync(CancellationToken end)
    {
        last ??= await client.GetStatisticsAsync(mayHaveEnded: false, end);
        await Task.Delay(isFirst && FirstInterval < interval ? FirstInterval : interval, end);
        isFirst = false;
        var now = await client.GetStatisticsAsync(mayHaveEnded: true, end);
        if (now is null)
        {
            return null;
        }

        var snapshot = Between(last!, now);
        last = now;
        return snapshot;
    }

    /// <exception cref="RefusedException">The statistics are valid JSON with invalid contents: a device twice, a count
    /// that overflows.</exception>
    private TopSnapshot Between(ServiceStatistics before, ServiceStatistics now)
    {
        try
        {
            return TopRates.Between(before, now);
        }
        catch (Exception fault)
        {
            // The statistics come from another process, so any exception is possible.
            throw client.NotAService(fault.Message, fault);
        }
    }
}

/// <summary>The snapshots of a running service. Tests have prepared snapshots.</summary>
internal interface ITopSource
{
    /// <summary>Waits for the next snapshot; null: the service has ended.</summary>
    ValueTask<TopSnapshot?> NextAsync(CancellationToken end);
}

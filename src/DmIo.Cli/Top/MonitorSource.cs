using DmIo.Actors.Telemetry;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;

namespace DmIo.Cli.Top;

/// <summary>
/// Snapshots of the service on a socket, from successive statistics. The first interval is at most half a second, so
/// that the first rates are shown soon.
/// </summary>
internal sealed class MonitorSource : ITopSource
{
    private static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(500);

    private readonly MonitorConnection connection;
    private readonly TimeSpan interval;
    private ServiceStatistics? last;
    private bool isFirst = true;

    private MonitorSource(MonitorConnection connection, TimeSpan interval)
    {
        this.connection = connection;
        this.interval = interval;
    }

    /// <exception cref="RefusedException">No service listens on the socket.</exception>
    internal static async Task<MonitorSource> OpenAsync(string path, TimeSpan interval, CancellationToken end) =>
        new(await MonitorConnection.OpenAsync(path, end), interval);

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    public async ValueTask<TopSnapshot?> NextAsync(CancellationToken end)
    {
        last ??= await connection.GetAsync(end);
        if (last is null)
        {
            return null;
        }

        await Task.Delay(isFirst && FirstInterval < interval ? FirstInterval : interval, end);
        isFirst = false;
        var now = await connection.GetAsync(end);
        if (now is null)
        {
            return null;
        }

        var snapshot = Between(last, now);
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
            throw connection.NotAService(fault.Message, fault);
        }
    }
}

/// <summary>The snapshots of a running service. Tests have prepared snapshots.</summary>
internal interface ITopSource : IAsyncDisposable
{
    /// <summary>Waits for the next snapshot; null: the service has ended.</summary>
    ValueTask<TopSnapshot?> NextAsync(CancellationToken end);
}

using DmIo.Actors.Telemetry;

namespace DmIo.Cli;

/// <summary>
/// What a service on a socket does, from pairs of looks at it: the first two come half a second apart, so that there
/// are rates to show soon; then as often as asked for.
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

    /// <exception cref="RefusedException">There is no service.</exception>
    internal static async Task<MonitorSource> OpenAsync(string path, TimeSpan interval, CancellationToken end) =>
        new(await MonitorConnection.OpenAsync(path, end), interval);

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    public async ValueTask<TopSnapshot?> NextAsync(CancellationToken end)
    {
        last ??= await connection.AskAsync(end);
        if (last is null)
        {
            return null;
        }

        await Task.Delay(isFirst && FirstInterval < interval ? FirstInterval : interval, end);
        isFirst = false;
        var now = await connection.AskAsync(end);
        if (now is null)
        {
            return null;
        }

        var snapshot = Between(last, now);
        last = now;
        return snapshot;
    }

    /// <exception cref="RefusedException">What was said reads well and means nothing: a device twice, a count beyond
    /// all counts.</exception>
    private TopSnapshot Between(ServiceStatistics before, ServiceStatistics now)
    {
        try
        {
            return TopRates.Between(before, now);
        }
        catch (Exception fault)
        {
            // It is all a stranger's, so that the fault in it may be of any kind.
            throw connection.NoService(fault.Message, fault);
        }
    }
}

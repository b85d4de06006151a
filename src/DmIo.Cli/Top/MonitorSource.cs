using DmIo.Actors;

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

        var snapshot = TopRates.Between(last, now);
        last = now;
        return snapshot;
    }
}

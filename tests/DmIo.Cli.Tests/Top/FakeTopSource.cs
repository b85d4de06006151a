using DmIo.Cli.Reports;
using DmIo.Cli.Top;

namespace DmIo.Cli.Tests.Top;

/// <summary>Returns prepared snapshots, then ends or waits for an interrupt.</summary>
internal sealed class FakeTopSource(params TopSnapshot[] snapshots) : ITopSource
{
    private int next;

    public bool IsEndless { get; init; }

    /// <summary>Called after the last snapshot.</summary>
    public Action Exhausted { get; init; } = () => { };

    public async ValueTask<TopSnapshot?> NextAsync(CancellationToken end)
    {
        if (next < snapshots.Length)
        {
            return snapshots[next++];
        }

        Exhausted();
        if (IsEndless)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, end);
        }

        return null;
    }
}

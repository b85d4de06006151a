namespace DmIo.Cli.Tests;

/// <summary>Gives prepared snapshots; then it ends, or waits until the user does.</summary>
internal sealed class FakeTopSource(params TopSnapshot[] snapshots) : ITopSource
{
    private int next;

    public bool IsEndless { get; init; }

    /// <summary>Called when all were given.</summary>
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

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

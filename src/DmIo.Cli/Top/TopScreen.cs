using Spectre.Console;

namespace DmIo.Cli;

/// <summary>
/// Shows snapshots as they come: on a terminal in one place, as much as its height takes, the busiest first; in a pipe
/// one after the other, each as a whole, or as JSON on a line of its own.
/// </summary>
internal sealed class TopScreen(IConsoleStreams streams, bool isJson)
{
    /// <summary>Until the service ends, the user does, or as many snapshots were shown.</summary>
    /// <returns>The exit code: a user who looked enough is no failure.</returns>
    internal async Task<int> RunAsync(ITopSource source, int? snapshots = null)
    {
        if (streams.IsOutputRedirected || isJson)
        {
            await foreach (var snapshot in SnapshotsAsync(source, snapshots))
            {
                Print(snapshot);
            }
        }
        else
        {
            var console = ReportTable.NewConsole(streams.Output, isTerminal: true);
            await console.Live(new Text("waiting for the service ...")).StartAsync(async display =>
            {
                await foreach (var snapshot in SnapshotsAsync(source, snapshots))
                {
                    display.UpdateTarget(TopTables.Draw(snapshot, isTerminal: true, console.Profile.Height));
                    display.Refresh();
                }
            });
        }

        return ExitCode.Ok;
    }

    private void Print(TopSnapshot snapshot)
    {
        if (isJson)
        {
            streams.Output.WriteLine(ReportJson.Write(snapshot));
        }
        else
        {
            ReportTable.NewConsole(streams.Output, isTerminal: false)
                .Write(TopTables.Draw(snapshot, isTerminal: false, int.MaxValue));
            streams.Output.WriteLine();
        }
    }

    private async IAsyncEnumerable<TopSnapshot> SnapshotsAsync(ITopSource source, int? limit)
    {
        for (var shown = 0; shown < (limit ?? int.MaxValue); shown++)
        {
            TopSnapshot? snapshot;
            try
            {
                snapshot = await source.NextAsync(streams.Interrupted);
            }
            catch (OperationCanceledException) when (streams.Interrupted.IsCancellationRequested)
            {
                yield break;
            }

            if (snapshot is null)
            {
                yield break;
            }

            yield return snapshot;
        }
    }
}

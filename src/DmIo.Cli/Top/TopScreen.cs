using DmIo.Cli.Exit;
using DmIo.Cli.Reports;
using DmIo.Cli.Streams;
using Spectre.Console;

namespace DmIo.Cli.Top;

/// <summary>
/// Shows snapshots. On a terminal, each snapshot replaces the one before, with as many rows as fit, the busiest first.
/// Elsewhere each snapshot is printed completely, as tables or as one line of JSON.
/// </summary>
internal sealed class TopScreen(IConsoleStreams streams, bool isJson)
{
    /// <summary>Ends with the service, by an interrupt, or after the given number of snapshots.</summary>
    /// <returns>The exit code. An interrupt is not a failure.</returns>
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
            var console = ReportConsole.NewConsole(streams.Output, isTerminal: true);
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
            ReportConsole.NewConsole(streams.Output, isTerminal: false)
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

using System.Runtime.CompilerServices;
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
    private static readonly TimeSpan KeyInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Ends with the service, by an interrupt, by the key q of a terminal, or after the given number of
    /// snapshots.</summary>
    /// <returns>The exit code. An interrupt is not a failure.</returns>
    internal async Task<int> RunAsync(ITopSource source, int? snapshots = null)
    {
        if (streams.IsOutputRedirected || isJson)
        {
            await foreach (var snapshot in SnapshotsAsync(source, snapshots, streams.Interrupted))
            {
                Print(snapshot);
            }
        }
        else
        {
            await DrawAsync(source, snapshots);
        }

        return ExitCode.Ok;
    }

    private async Task DrawAsync(ITopSource source, int? snapshots)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(streams.Interrupted);
        var keys = ReadKeysAsync(end);
        var console = ReportConsole.NewConsole(streams.Output, isTerminal: true);
        await console.Live(new Text("waiting for the service ...")).StartAsync(async display =>
        {
            await foreach (var snapshot in SnapshotsAsync(source, snapshots, end.Token))
            {
                display.UpdateTarget(TopTables.Draw(snapshot, console.Profile.Width, console.Profile.Height));
                display.Refresh();
            }
        });
        await end.CancelAsync();
        await keys;
    }

    /// <summary>Cancels when the key q is pressed.</summary>
    private async Task ReadKeysAsync(CancellationTokenSource end)
    {
        while (!end.IsCancellationRequested)
        {
            if (streams.ReadKey() is 'q' or 'Q')
            {
                await end.CancelAsync();
            }

            await Task.WhenAny(Task.Delay(KeyInterval, end.Token));
        }
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
                .Write(TopTables.Draw(snapshot, width: null, int.MaxValue));
            streams.Output.WriteLine();
        }
    }

    private static async IAsyncEnumerable<TopSnapshot> SnapshotsAsync(
        ITopSource source, int? limit, [EnumeratorCancellation] CancellationToken end)
    {
        for (var shown = 0; shown < (limit ?? int.MaxValue); shown++)
        {
            TopSnapshot? snapshot;
            try
            {
                snapshot = await source.NextAsync(end);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
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

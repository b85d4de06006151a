using Spectre.Console;

namespace DmIo.Cli;

/// <summary>
/// A progress bar on standard error while a transfer runs, until the user wants to end: what is said of that would be
/// drawn over. Only on a terminal; elsewhere the transfer runs as it is, and nothing of this is loaded.
/// </summary>
internal static class ProgressDisplay
{
    private const int BarWidth = 24;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    internal static Task RunAsync(
        IConsoleStreams streams, string title, TransferProgress progress, Func<Task> transfer) =>
        streams.IsErrorTerminal
            ? DrawAsync(
                streams,
                title,
                new TransferColumn(progress),
                progress.TotalBytes,
                () => progress.DoneBytes,
                transfer)
            : transfer();

    /// <summary>The same for a measurement: the bar is the time that it takes.</summary>
    internal static Task RunAsync(IConsoleStreams streams, string title, BenchColumn column, Func<Task> bench) =>
        streams.IsErrorTerminal
            ? DrawAsync(streams, title, column, column.TotalSeconds, () => column.ElapsedSeconds, bench)
            : bench();

    private static async Task DrawAsync(
        IConsoleStreams streams, string title, ProgressColumn column, double? total, Func<double> done, Func<Task> work)
    {
        var running = work();
        await ReportTable.NewConsole(streams.Error, isTerminal: true)
            .Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn { Width = BarWidth }, column)
            .StartAsync(async display =>
            {
                var bar = display.AddTask(title, maxValue: Math.Max(1, total ?? 1));
                bar.IsIndeterminate = total is null;
                using var timer = new PeriodicTimer(Interval);
                while (!running.IsCompleted && !streams.Interrupted.IsCancellationRequested)
                {
                    await Task.WhenAny(running, timer.WaitForNextTickAsync().AsTask());
                    bar.Value = total is null ? 0 : done();
                }
            });
        await running;
    }
}

using Spectre.Console;

namespace DmIo.Cli;

/// <summary>
/// A progress bar on standard error while a transfer runs. Only on a terminal; elsewhere the transfer runs as it is,
/// and nothing of this is loaded.
/// </summary>
internal static class ProgressDisplay
{
    private const int BarWidth = 24;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    internal static Task RunAsync(
        IConsoleStreams streams, string title, TransferProgress progress, Func<Task> transfer) =>
        streams.IsErrorTerminal
            ? DrawAsync(
                streams.Error,
                title,
                new TransferColumn(progress),
                progress.TotalBytes,
                () => progress.DoneBytes,
                transfer)
            : transfer();

    /// <summary>The same for a measurement: the bar is the time that it takes.</summary>
    internal static Task RunAsync(IConsoleStreams streams, string title, BenchColumn column, Func<Task> bench) =>
        streams.IsErrorTerminal
            ? DrawAsync(streams.Error, title, column, column.TotalSeconds, () => column.ElapsedSeconds, bench)
            : bench();

    private static Task DrawAsync(
        TextWriter writer, string title, ProgressColumn column, double? total, Func<double> done, Func<Task> work) =>
        ReportTable.NewConsole(writer, isTerminal: true)
            .Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn { Width = BarWidth }, column)
            .StartAsync(async display =>
            {
                var bar = display.AddTask(title, maxValue: Math.Max(1, total ?? 1));
                bar.IsIndeterminate = total is null;
                var running = work();
                using var timer = new PeriodicTimer(Interval);
                while (!running.IsCompleted)
                {
                    await Task.WhenAny(running, timer.WaitForNextTickAsync().AsTask());
                    bar.Value = total is null ? 0 : done();
                }

                await running;
            });
}

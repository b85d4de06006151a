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
        streams.IsErrorTerminal ? DrawAsync(streams.Error, title, progress, transfer) : transfer();

    private static Task DrawAsync(TextWriter writer, string title, TransferProgress progress, Func<Task> transfer) =>
        ReportTable.NewConsole(writer, isTerminal: true)
            .Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn(), new ProgressBarColumn { Width = BarWidth }, new TransferColumn(progress))
            .StartAsync(async display =>
            {
                var bar = display.AddTask(title, maxValue: Math.Max(1, progress.TotalBytes ?? 1));
                bar.IsIndeterminate = progress.TotalBytes is null;
                var running = transfer();
                using var timer = new PeriodicTimer(Interval);
                while (!running.IsCompleted)
                {
                    await Task.WhenAny(running, timer.WaitForNextTickAsync().AsTask());
                    bar.Value = progress.TotalBytes is null ? 0 : progress.DoneBytes;
                }

                await running;
            });
}

using System.Diagnostics;
using DmIo.Cli.Streams;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DmIo.Cli.Reports;

/// <summary>
/// A progress bar on standard error, if that is a terminal, until the work ends or the user interrupts: messages about
/// the interrupt would be overwritten. Without a terminal, the work runs without a bar.
/// </summary>
internal static class ProgressDisplay
{
    private const int BarWidth = 24;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    internal static Task RunAsync(
        IConsoleStreams streams, string title, TransferProgress progress, Func<Task> transfer) => RunAsync(
        streams,
        title,
        () => new TransferColumn(progress),
        progress.TotalBytes,
        () => progress.DoneBytes,
        transfer);

    /// <param name="streams">Standard error has the bar.</param>
    /// <param name="title">Text before the bar.</param>
    /// <param name="newColumn">Creates the text after the bar.</param>
    /// <param name="total">Value of a full bar; null: unknown.</param>
    /// <param name="done">Returns the current value.</param>
    /// <param name="work">The work.</param>
    internal static Task RunAsync(
        IConsoleStreams streams,
        string title,
        Func<ProgressColumn> newColumn,
        double? total,
        Func<double> done,
        Func<Task> work) =>
        streams.IsErrorTerminal ? DrawAsync(streams, title, newColumn(), total, done, work) : work();

    private static async Task DrawAsync(
        IConsoleStreams streams, string title, ProgressColumn column, double? total, Func<double> done, Func<Task> work)
    {
        var running = work();
        await ReportConsole.NewConsole(streams.Error, isTerminal: true)
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

/// <summary>The number of bytes transferred. The display reads it from another thread.</summary>
internal sealed class TransferProgress
{
    private long doneBytes;

    /// <summary>Null: unknown, as for a pipe.</summary>
    internal long? TotalBytes { get; init; }

    internal long DoneBytes => Volatile.Read(ref doneBytes);

    internal void Add(long bytes) => Interlocked.Add(ref doneBytes, bytes);
}

/// <summary>The text after the bar of a transfer: bytes done, the average rate, and the remaining time at that
/// rate.</summary>
internal sealed class TransferColumn(TransferProgress progress) : ProgressColumn
{
    private readonly long began = Stopwatch.GetTimestamp();

    protected override bool NoWrap => true;

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
        new Text(TextOf(progress.DoneBytes, progress.TotalBytes, Stopwatch.GetElapsedTime(began)));

    internal static string TextOf(long doneBytes, long? totalBytes, TimeSpan elapsed)
    {
        var rate = Quantity.Rate(doneBytes, elapsed.TotalSeconds);
        if (totalBytes is not { } total)
        {
            return $"{Quantity.Bytes(doneBytes)} {rate}";
        }

        var left = doneBytes == 0
            ? "?"
            : TimeSpan.FromSeconds(Math.Round(elapsed.TotalSeconds * (total - doneBytes) / doneBytes)).ToString("g");
        return $"{Quantity.Bytes(doneBytes)} of {Quantity.Bytes(total)} {rate} {left} left";
    }
}

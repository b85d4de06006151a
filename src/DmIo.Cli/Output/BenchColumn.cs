using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DmIo.Cli;

/// <summary>Beside the bar of a measurement: the rate of late, not the average, so that a change shows.</summary>
internal sealed class BenchColumn(BenchRun run, BenchLimits limits, int blockBytes) : ProgressColumn
{
    private readonly long began = Stopwatch.GetTimestamp();
    private long lastCompleted;
    private double lastSeconds;
    private double rate;

    /// <summary>Null where it goes by number of requests.</summary>
    internal double? TotalSeconds =>
        limits.Requests is null ? (limits.WarmUp + limits.Duration).TotalSeconds : null;

    internal double ElapsedSeconds => Stopwatch.GetElapsedTime(began).TotalSeconds;

    protected override bool NoWrap => true;

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
    {
        var (completed, seconds) = (run.Completed, ElapsedSeconds);
        if (seconds - lastSeconds > 0.05)
        {
            rate = (completed - lastCompleted) / (seconds - lastSeconds);
            (lastCompleted, lastSeconds) = (completed, seconds);
        }

        return new Text(TextOf(rate, blockBytes));
    }

    internal static string TextOf(double rate, int blockBytes) => string.Create(
        CultureInfo.InvariantCulture, $"{rate:0} requests/s, {Quantity.Bytes(rate * blockBytes)}/s");
}

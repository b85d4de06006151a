using System.Diagnostics;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DmIo.Cli;

/// <summary>Beside the bar: how much is done, at which rate, and how long the rest takes at this rate.</summary>
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

using System.Globalization;
using System.Text;

namespace DmIo.Compare;

/// <summary>The readable result: the targets first, then every contest with all its series.</summary>
internal static class MarkdownReport
{
    internal static string Write(Machine machine, CompareSettings settings, IReadOnlyList<ContestResult> results)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"""
            # Comparison

            {machine.Processor}, {machine.Cores} cores; {machine.Kernel}; {machine.Runtime}; actors: {machine.Actors}.
            Disk: {machine.Disk}. Memory: {machine.Memory}. Load before: {machine.Load}.
            {settings.Rounds} round(s) of {settings.Seconds} s each after {settings.WarmUpSeconds} s of warm-up;
            one process for each run, subjects in turn.

            ## Targets

            | | what | target | measured | |
            |---|---|---|---|---|
            """);
        foreach (var result in results)
        {
            foreach (var target in result.Contest.Targets)
            {
                var (measured, verdict) = target.Judge(result.Series) is { } judged
                    ? (judged.Measured, judged.IsMet ? "met" : "**missed**")
                    : ("-", "not measured");
                text.AppendLine(
                    $"| {result.Contest.Id} | {result.Contest.Title}: {target.Text} | {target.Bound} | {measured} "
                    + $"| {verdict} |");
            }
        }

        text.AppendLine();
        text.AppendLine("""
            ## Series

            Requests a second: median (lowest to highest round). Latencies in microseconds: medians of the rounds. For
            each request: bytes of managed memory allocated, messages of the service's actors, those of them from actor
            to actor (hops), turns of actors (work items of the thread pool), pages of the lease in I/O.
            """);
        foreach (var result in results)
        {
            Write(text, result);
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, ContestResult result)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"""

            ### {result.Contest.Id} {result.Contest.Title}

            | | requests/s | MiB/s | p50 | p99 | p99.9 | allocated | messages | hops | turns | pages | errors |
            |---|---|---|---|---|---|---|---|---|---|---|---|
            """);
        foreach (var series in result.Series)
        {
            if (series.Samples.Count > 0)
            {
                text.AppendLine(RowOf(series));
            }

            if (series.Fault is not null)
            {
                text.AppendLine($"| {series.Name} | not measured: {series.Fault} |");
            }
        }
    }

    private static string RowOf(Series series)
    {
        return string.Join(
            " | ",
            $"| {series.Name}",
            $"{Rate(series.Median(sample => sample.Rate))} ({Rate(series.Min(sample => sample.Rate))} to "
                + $"{Rate(series.Max(sample => sample.Rate))})",
            Number(series.Median(sample => sample.BytesPerSecond) / (1 << 20), "#,0"),
            Micros(series.Median(sample => sample.P50)),
            Micros(series.Median(sample => sample.P99)),
            Micros(series.Median(sample => sample.P999)),
            Optional(series, sample => sample.AllocatedBytes, "0"),
            Optional(series, sample => sample.Messages, "0.00"),
            Optional(series, sample => sample.Hops, "0.00"),
            Optional(series, sample => sample.Turns, "0.00"),
            Optional(series, sample => sample.Pages, "0"),
            $"{series.Samples.Sum(sample => sample.Errors)} |");
    }

    private static string Optional(Series series, Func<Sample, double?> measure, string format) =>
        series.Samples.All(sample => measure(sample) is not null)
            ? Number(series.Median(sample => measure(sample)!.Value), format)
            : "-";

    private static string Rate(double value) => Number(value, "#,0");

    private static string Micros(double value) => Number(value, value < 10 ? "0.00" : value < 100 ? "0.0" : "#,0");

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}

using System.Globalization;

namespace DmIo.Cli;

/// <summary>The report of a measurement for people: one line for each thing to know.</summary>
internal static class BenchTable
{
    private const int NameWidth = 11;

    internal static void Write(TextWriter writer, BenchReport report)
    {
        Add("load", LoadOf(report));
        for (var index = 0; index < report.Regions.Count; index++)
        {
            var mode = report.Modes is { } modes ? $" ({modes[index]}{(report.Direct ? ", direct" : "")})" : "";
            Add("region", report.Regions[index] + mode);
        }

        Add("rate", RateOf(report));
        Add("latency", LatencyOf(report.LatencyMicroseconds));
        Add("cost", CostOf(report));
        Add("errors", report.ErrorsByStatus is { } errors
            ? string.Join(", ", errors.Select(error => $"{error.Value} {error.Key}"))
            : "0");
        if (report.FirstError is not null)
        {
            Add("first", report.FirstError);
        }

        void Add(string name, string text) => writer.WriteLine(name.PadRight(NameWidth) + text);
    }

    private static string LoadOf(BenchReport report) =>
        $"{report.Operation} of {Quantity.Bytes(report.BlockSize)} by {report.By}, {report.Leases} lease(s) with "
        + $"{report.Depth} in flight each{(report.ForceUnitAccess ? ", FUA" : "")}"
        + $"{(report.Flush ? ", each flushed" : "")}{(report.Spread ? ", spread over the regions" : "")}";

    private static string RateOf(BenchReport report) => report.Requests == 0
        ? "nothing was done"
        : string.Create(CultureInfo.InvariantCulture, $"{report.Iops:0} requests/s, ")
            + $"{Quantity.Bytes(report.BytesPerSecond)}/s: {report.Requests} requests in "
            + Quantity.Seconds(report.Duration) + (report.Interrupted == true ? ", interrupted" : "");

    private static string CostOf(BenchReport report) =>
        report is { AllocatedBytesPerRequest: { } bytes, TurnsPerRequest: { } turns, MessagesPerRequest: { } messages }
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{bytes:0} bytes allocated, {turns:0.00} turns of actors and {messages:0.00} messages per request")
            : "-";

    private static string LatencyOf(BenchLatencies latency) => string.Join(
        ", ",
        $"p50 {Micros(latency.P50)}",
        $"p90 {Micros(latency.P90)}",
        $"p99 {Micros(latency.P99)}",
        $"p99.9 {Micros(latency.P999)}",
        $"min {Micros(latency.Min)}",
        $"mean {Micros(latency.Mean)}",
        $"max {Micros(latency.Max)} microseconds");

    private static string Micros(double microseconds) =>
        microseconds.ToString(microseconds < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
}

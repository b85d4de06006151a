using System.Globalization;
using System.Text.Json.Serialization;
using DmIo.Actors.Telemetry;

namespace DmIo.Cli.Reports;

/// <summary>The output of <c>dmio bench</c>. Null properties are absent from the JSON.</summary>
internal sealed record BenchReport
{
    public required string Operation { get; init; }

    /// <summary>How the requests were submitted: tell, ask or client.</summary>
    public required string By { get; init; }

    public required int BlockSize { get; init; }

    /// <summary>Requests in flight of each lease.</summary>
    public required int Depth { get; init; }

    public required int Leases { get; init; }

    public required bool ForceUnitAccess { get; init; }

    /// <summary>Each write and the flush after it are counted as one request.</summary>
    public required bool Flush { get; init; }

    /// <summary>Each request went to one of the regions.</summary>
    public required bool Spread { get; init; }

    public required int Seed { get; init; }

    public required IReadOnlyList<string> Regions { get; init; }

    /// <summary>The mode of the device of each region: inline, ring, threads, or own.</summary>
    public IReadOnlyList<string>? Modes { get; init; }

    /// <summary>Files bypassed the page cache.</summary>
    public bool Direct { get; init; }

    /// <summary>Seconds of the measurement, without the warm-up.</summary>
    public required double Duration { get; init; }

    /// <summary>Seconds of the warm-up.</summary>
    public required double WarmUp { get; init; }

    /// <summary>Requests that succeeded within the measurement.</summary>
    public required long Requests { get; init; }

    public required double Iops { get; init; }

    /// <summary>The bytes of a request are counted once, regardless of the number of its regions.</summary>
    public required double BytesPerSecond { get; init; }

    public required BenchLatencies LatencyMicroseconds { get; init; }

    /// <summary>Failed requests, including those of the warm-up.</summary>
    public required long Errors { get; init; }

    public IReadOnlyDictionary<string, long>? ErrorsByStatus { get; init; }

    public string? FirstError { get; init; }

    /// <summary>Managed memory that the process allocated, per request.</summary>
    public double? AllocatedBytesPerRequest { get; init; }

    /// <summary>Work items of the thread pool per request: turns of actors and continuations of tasks.</summary>
    public double? TurnsPerRequest { get; init; }

    /// <summary>Pages of the lease that a request uses. No page is copied.</summary>
    public int? PagesPerRequest { get; init; }

    /// <summary>Messages of the service's actors per request, including those of the warm-up. The number is smaller if
    /// a device completes several operations in one message.</summary>
    public double? MessagesPerRequest { get; init; }

    /// <summary>Messages from one actor to another, per request. The difference to <see cref="MessagesPerRequest"/> are
    /// messages that actors send to themselves.</summary>
    public double? HopsPerRequest { get; init; }

    /// <summary>True if the user interrupted the command; absent otherwise.</summary>
    public bool? Interrupted { get; init; }

    /// <summary>Adds the costs in messages, from the statistics before and after the run.</summary>
    internal BenchReport With(MessageStatistics before, MessageStatistics after)
    {
        var requests = (double)(after.Requests - before.Requests);
        return requests == 0 ? this : this with
        {
            MessagesPerRequest = Math.Round((after.Messages - before.Messages) / requests, 2),
            HopsPerRequest = Math.Round((after.Hops - before.Hops) / requests, 2),
        };
    }

    internal void Write(TextWriter writer)
    {
        Add("load", Load);
        for (var index = 0; index < Regions.Count; index++)
        {
            var mode = Modes is { } modes ? $" ({modes[index]}{(Direct ? ", direct" : "")})" : "";
            Add("region", Regions[index] + mode);
        }

        Add("rate", Rate);
        Add("latency", LatencyMicroseconds.ToString());
        Add("cost", Cost);
        Add("errors", ErrorsByStatus is { } errors
            ? string.Join(", ", errors.Select(error => $"{error.Value} {error.Key}"))
            : "0");
        if (FirstError is not null)
        {
            Add("first", FirstError);
        }

        void Add(string name, string text) => writer.WriteLine($"{name,-11}{text}");
    }

    private string Load =>
        $"{Operation} of {Quantity.Bytes(BlockSize)} by {By}, {Leases} lease(s) with {Depth} in flight each"
        + $"{(ForceUnitAccess ? ", FUA" : "")}{(Flush ? ", flush after each write" : "")}"
        + (Spread ? ", spread over the regions" : "");

    private string Rate => Requests == 0
        ? "no request succeeded"
        : string.Create(CultureInfo.InvariantCulture, $"{Iops:0} requests/s, ")
            + $"{Quantity.Bytes(BytesPerSecond)}/s: {Requests} requests in {Quantity.Seconds(Duration)}"
            + (Interrupted == true ? ", interrupted" : "");

    private string Cost =>
        (AllocatedBytesPerRequest, TurnsPerRequest, MessagesPerRequest) is ({ } bytes, { } turns, { } messages)
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{bytes:0} bytes allocated, {turns:0.00} turns of actors and {messages:0.00} messages per request")
            : "-";
}

/// <summary>Latencies from submission to completion, in microseconds.</summary>
internal sealed record BenchLatencies
{
    public required double P50 { get; init; }

    public required double P90 { get; init; }

    public required double P99 { get; init; }

    [JsonPropertyName("p99.9")]
    public required double P999 { get; init; }

    public required double Min { get; init; }

    public required double Mean { get; init; }

    public required double Max { get; init; }

    public override string ToString() =>
        $"p50 {Format(P50)}, p90 {Format(P90)}, p99 {Format(P99)}, p99.9 {Format(P999)}, min {Format(Min)}, "
        + $"mean {Format(Mean)}, max {Format(Max)} microseconds";

    private static string Format(double microseconds) =>
        microseconds.ToString(microseconds < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
}

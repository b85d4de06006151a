using System.Diagnostics;
using System.Text.Json.Serialization;
using DmIo.Actors.Telemetry;

namespace DmIo.Cli;

/// <summary>What <c>dmio bench</c> prints. What does not apply is absent from the JSON.</summary>
internal sealed record BenchReport
{
    public required string Operation { get; init; }

    /// <summary>Which of the service's faces was used: tell, ask or client.</summary>
    public required string By { get; init; }

    public required int BlockSize { get; init; }

    /// <summary>Requests in flight of each lease.</summary>
    public required int Depth { get; init; }

    public required int Leases { get; init; }

    public required bool ForceUnitAccess { get; init; }

    /// <summary>Each write with the flush behind it was one request.</summary>
    public required bool Flush { get; init; }

    /// <summary>Each request went to one of the regions.</summary>
    public required bool Spread { get; init; }

    public required int Seed { get; init; }

    public required IReadOnlyList<string> Regions { get; init; }

    /// <summary>How the device of each region is served: inline, ring, threads, or in a way of its own.</summary>
    public IReadOnlyList<string>? Modes { get; init; }

    /// <summary>Files were opened past the page cache.</summary>
    public bool Direct { get; init; }

    /// <summary>How long requests counted, in seconds, after the warm-up.</summary>
    public required double Duration { get; init; }

    public required double WarmUp { get; init; }

    /// <summary>Those that count and went well.</summary>
    public required long Requests { get; init; }

    public required double Iops { get; init; }

    /// <summary>Each request's bytes once, however many regions it wrote them to.</summary>
    public required double BytesPerSecond { get; init; }

    public required BenchLatencies LatencyMicroseconds { get; init; }

    /// <summary>Requests that failed, at any time.</summary>
    public required long Errors { get; init; }

    /// <summary>The same by status.</summary>
    public IReadOnlyDictionary<string, long>? ErrorsByStatus { get; init; }

    public string? FirstError { get; init; }

    /// <summary>Managed memory that the whole process allocated, for each request.</summary>
    public double? AllocatedBytesPerRequest { get; init; }

    /// <summary>Turns of actors (and of whoever waits for tasks), for each request: the hops from thread to
    /// thread.</summary>
    public double? TurnsPerRequest { get; init; }

    /// <summary>Pages of the lease that a request has in I/O. None is copied on its way.</summary>
    public int? PagesPerRequest { get; init; }

    /// <summary>Messages of the service's actors for each request to it, those of the warm-up included; few where
    /// devices answer many at a time.</summary>
    public double? MessagesPerRequest { get; init; }

    /// <summary>Of these, messages from one actor to another; the rest are turns that actors ask for.</summary>
    public double? HopsPerRequest { get; init; }

    /// <summary>True where the user ended it; absent otherwise.</summary>
    public bool? Interrupted { get; init; }

    internal static BenchReport Of(
        BenchWorkload workload, BenchCaller by, int leases, BenchLimits limits, BenchOutcome outcome)
    {
        var latencies = outcome.Tally.Latencies;
        var seconds = outcome.Elapsed.TotalSeconds;
        var iops = seconds > 0 ? latencies.Count / seconds : 0;
        var errors = outcome.Tally.Errors;
        return new BenchReport
        {
            Operation = NameOf(workload.Operation),
            By = NameOf(by),
            BlockSize = workload.BlockBytes,
            Depth = workload.Depth,
            Leases = leases,
            ForceUnitAccess = workload.ForceUnitAccess,
            Flush = workload.IsFlushed,
            Spread = workload.IsSpread,
            Seed = workload.Seed,
            Regions = [.. workload.Regions.Select(region => region.ToString())],
            Duration = Math.Round(seconds, 6),
            WarmUp = limits.WarmUp.TotalSeconds,
            Requests = latencies.Count,
            Iops = Math.Round(iops, 1),
            BytesPerSecond = Math.Round(iops * workload.BlockBytes),
            LatencyMicroseconds = BenchLatencies.Of(latencies),
            Errors = errors.Values.Sum(),
            ErrorsByStatus = errors.Count == 0 ? null : errors,
            FirstError = outcome.Tally.FirstError,
            AllocatedBytesPerRequest = outcome.AllocatedBytesPerRequest is { } bytes ? Math.Round(bytes, 1) : null,
            TurnsPerRequest = outcome.TurnsPerRequest is { } turns ? Math.Round(turns, 3) : null,
            Interrupted = outcome.IsInterrupted ? true : null,
        };
    }

    /// <summary>The same with what the service says about its messages, before and after.</summary>
    internal BenchReport With(MessageStatistics before, MessageStatistics after)
    {
        var requests = (double)(after.Requests - before.Requests);
        return requests == 0 ? this : this with
        {
            MessagesPerRequest = Math.Round((after.Messages - before.Messages) / requests, 2),
            HopsPerRequest = Math.Round((after.Hops - before.Hops) / requests, 2),
        };
    }

    private static string NameOf<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}

/// <summary>From sending to the outcome's arrival, in microseconds.</summary>
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

    internal static BenchLatencies Of(LatencyHistogram latencies) => new()
    {
        P50 = Microseconds(latencies.Quantile(0.5)),
        P90 = Microseconds(latencies.Quantile(0.9)),
        P99 = Microseconds(latencies.Quantile(0.99)),
        P999 = Microseconds(latencies.Quantile(0.999)),
        Min = Microseconds(latencies.Min),
        Mean = Microseconds(latencies.Mean),
        Max = Microseconds(latencies.Max),
    };

    private static double Microseconds(double ticks) => Math.Round(ticks * 1e6 / Stopwatch.Frequency, 2);
}

using System.Diagnostics;
using DmIo.Cli.Reports;

namespace DmIo.Cli.Bench;

/// <summary>The result of a measurement.</summary>
/// <param name="Counters">The sum of all jobs.</param>
/// <param name="Elapsed">The duration of the measurement, without the warm-up.</param>
/// <param name="AllocatedBytesPerRequest">Of the whole process, after the warm-up; null: no request
/// completed.</param>
/// <param name="TurnsPerRequest">Work items of the thread pool, after the warm-up: turns of actors and continuations of
/// tasks. An actor that handles several messages in one turn lowers the number.</param>
/// <param name="IsInterrupted">The user interrupted it.</param>
internal sealed record BenchOutcome(
    BenchCounters Counters,
    TimeSpan Elapsed,
    double? AllocatedBytesPerRequest,
    double? TurnsPerRequest,
    bool IsInterrupted)
{
    internal BenchReport ToReport(BenchWorkload workload, BenchCaller by, int leases, BenchLimits limits)
    {
        var latencies = Counters.Latencies;
        var seconds = Elapsed.TotalSeconds;
        var iops = seconds > 0 ? latencies.Count / seconds : 0;
        var errors = Counters.Errors;
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
            LatencyMicroseconds = LatenciesOf(latencies),
            Errors = errors.Values.Sum(),
            ErrorsByStatus = errors.Count == 0 ? null : errors,
            FirstError = Counters.FirstError,
            AllocatedBytesPerRequest = AllocatedBytesPerRequest is { } bytes ? Math.Round(bytes, 1) : null,
            TurnsPerRequest = TurnsPerRequest is { } turns ? Math.Round(turns, 3) : null,
            Interrupted = IsInterrupted ? true : null,
        };
    }

    private static BenchLatencies LatenciesOf(LatencyHistogram latencies) => new()
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

    private static string NameOf<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}

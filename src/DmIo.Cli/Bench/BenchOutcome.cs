using System.Diagnostics;
using DmIo.Cli.Reports;
using DmIo.Io;

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

/// <summary>
/// The results of the requests of one job or one worker. Used by one thread at a time, without a lock; only
/// <see cref="Completed"/> may be read by other threads.
/// </summary>
internal sealed class BenchCounters
{
    private const string RefusedStatus = "Refused";

    private readonly Dictionary<string, long> errors = new(StringComparer.Ordinal);
    private long completed;

    /// <summary>All completed requests, including those outside of the measurement.</summary>
    internal long Completed => Volatile.Read(ref completed);

    /// <summary>Latencies of the successful requests of the measurement.</summary>
    internal LatencyHistogram Latencies { get; } = new();

    /// <summary>Failed requests by the status of their first failed region, including those of the
    /// warm-up.</summary>
    internal IReadOnlyDictionary<string, long> Errors => errors;

    internal string? FirstError { get; private set; }

    /// <summary>Completion time of the last request in <see cref="Latencies"/>, in stopwatch ticks; 0: none.</summary>
    internal long LastDone { get; private set; }

    internal void Done(BenchWindow window, long sentAt, long now, IoResult result)
    {
        Volatile.Write(ref completed, completed + 1);
        if (!result.IsOk)
        {
            FailWith(result);
        }
        else if (window.Counts(sentAt, now))
        {
            Latencies.Record(now - sentAt);
            LastDone = now;
        }
    }

    internal void Refused(string reason)
    {
        Volatile.Write(ref completed, completed + 1);
        Fail(RefusedStatus, $"{RefusedStatus}: {reason}");
    }

    internal void Add(BenchCounters other)
    {
        Latencies.Add(other.Latencies);
        LastDone = Math.Max(LastDone, other.LastDone);
        FirstError ??= other.FirstError;
        foreach (var (status, count) in other.errors)
        {
            errors[status] = errors.GetValueOrDefault(status) + count;
        }
    }

    private void FailWith(IoResult result)
    {
        foreach (var index in result.Errors)
        {
            var status = result[index];
            Fail(status.Code.ToString(), $"region {index}: {status}");
            return;
        }
    }

    private void Fail(string status, string sentence)
    {
        errors[status] = errors.GetValueOrDefault(status) + 1;
        FirstError ??= sentence;
    }
}

using DmIo.Io;

namespace DmIo.Cli.Bench;

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

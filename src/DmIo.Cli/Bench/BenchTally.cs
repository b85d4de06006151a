using DmIo.Io;

namespace DmIo.Cli;

/// <summary>
/// What came of the requests of one driver, or of one worker: its own, so that counting needs no lock. Only
/// <see cref="Completed"/> may be read by others meanwhile.
/// </summary>
internal sealed class BenchTally
{
    private const string RefusedStatus = "Refused";

    private readonly Dictionary<string, long> errors = new(StringComparer.Ordinal);
    private long completed;

    /// <summary>All requests that were answered, also those that do not count.</summary>
    internal long Completed => Volatile.Read(ref completed);

    /// <summary>Of the requests that count and went well.</summary>
    internal LatencyHistogram Latencies { get; } = new();

    /// <summary>Requests that failed, by their first failed region's status. All, also those of the
    /// warm-up.</summary>
    internal IReadOnlyDictionary<string, long> Errors => errors;

    internal string? FirstError { get; private set; }

    /// <summary>When the last one was answered that counts, in the stopwatch's ticks; 0 where none was.</summary>
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

    internal void Add(BenchTally other)
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

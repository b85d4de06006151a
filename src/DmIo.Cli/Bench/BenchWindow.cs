using System.Diagnostics;

namespace DmIo.Cli.Bench;

/// <summary>The length of a measurement.</summary>
/// <param name="WarmUp">The time before the measurement. Its requests are not counted.</param>
/// <param name="Duration">The time of the measurement, if <paramref name="Requests"/> is null.</param>
/// <param name="Requests">The number of requests of the measurement, instead of a duration.</param>
internal sealed record BenchLimits(TimeSpan WarmUp, TimeSpan Duration, long? Requests = null);

/// <summary>
/// Decides whether a request may be sent, and whether it counts. By duration, a request counts that completes within
/// the duration. By number, exactly that many requests are sent after the warm-up, and all of them count. Times are
/// stopwatch ticks. Thread-safe.
/// </summary>
internal sealed class BenchWindow
{
    private readonly CancellationToken interrupted;
    private readonly bool isByNumber;
    private long left;

    internal BenchWindow(BenchLimits limits, CancellationToken interrupted)
    {
        this.interrupted = interrupted;
        isByNumber = limits.Requests is not null;
        left = limits.Requests ?? 0;
        Start = Stopwatch.GetTimestamp() + TicksOf(limits.WarmUp);
        End = isByNumber ? long.MaxValue : Start + TicksOf(limits.Duration);
    }

    internal long Start { get; }

    /// <summary>The end of the duration; <see cref="long.MaxValue"/> if the measurement is by number.</summary>
    internal long End { get; }

    internal bool IsInterrupted => interrupted.IsCancellationRequested;

    internal bool MaySend(long now)
    {
        if (IsInterrupted || now >= End)
        {
            return false;
        }

        return !isByNumber || now < Start || Interlocked.Decrement(ref left) >= 0;
    }

    internal bool Counts(long sentAt, long now) => isByNumber ? sentAt >= Start : now >= Start && now < End;

    private static long TicksOf(TimeSpan span) => (long)(span.TotalSeconds * Stopwatch.Frequency);
}

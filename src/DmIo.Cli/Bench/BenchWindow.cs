using System.Diagnostics;

namespace DmIo.Cli;

/// <summary>How long to go on.</summary>
/// <param name="WarmUp">Not counted, before all else.</param>
/// <param name="Duration">How long to count; where <paramref name="Requests"/> is null.</param>
/// <param name="Requests">How many requests to count, in place of a duration.</param>
internal sealed record BenchLimits(TimeSpan WarmUp, TimeSpan Duration, long? Requests = null);

/// <summary>
/// When requests are sent and which of them count. By duration: those that complete within it. By number: those sent
/// after the warm-up, exactly that many. In the ticks of the stopwatch; any thread may ask.
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

    /// <summary>The time when nothing counts any more; never, where it goes by number.</summary>
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

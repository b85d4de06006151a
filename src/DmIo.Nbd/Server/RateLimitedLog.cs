using Akka.Event;

namespace DmIo.Nbd.Server;

/// <summary>
/// Warnings that clients can cause without end, as those of refused connections. <see cref="Burst"/> of them are
/// logged at once, and one more for each <see cref="Interval"/>; those in between are logged for debugging, and the
/// next warning says how many they were. Any thread.
/// </summary>
internal sealed class RateLimitedLog(ILoggingAdapter log, TimeProvider time)
{
    internal const int Burst = 20;

    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private long since = time.GetTimestamp();
    private int left = Burst;
    private int passed;

    internal void Warn(string message)
    {
        int unsaid;
        lock (gate)
        {
            Refill();
            if (left == 0)
            {
                passed++;
                log.Debug("{0}", message);
                return;
            }

            left--;
            unsaid = passed;
            passed = 0;
        }

        if (unsaid > 0)
        {
            log.Warning("{0} ({1} more such warnings before it were left out)", message, unsaid);
        }
        else
        {
            log.Warning("{0}", message);
        }
    }

    private void Refill()
    {
        var intervals = (long)(time.GetElapsedTime(since) / Interval);
        if (intervals > 0)
        {
            left = (int)Math.Min(Burst, left + intervals);
            since = time.GetTimestamp();
        }
    }
}

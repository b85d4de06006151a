namespace DmIo.Nbd.Client;

/// <summary>
/// Calls when the first of many deadlines may have passed. Its owner asks for the first one after each call: that few
/// deadlines pass makes it cheap to ask for one with every operation.
/// </summary>
internal sealed class DeadlineTimer : IDisposable
{
    private readonly TimeProvider time;
    private readonly ITimer timer;
    private long due = long.MaxValue;
    private volatile bool hasExpired;

    internal DeadlineTimer(TimeProvider time, Action call)
    {
        this.time = time;
        timer = time.CreateTimer(
            _ =>
            {
                hasExpired = true;
                call();
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Calls no later than at this timestamp.</summary>
    internal void Schedule(long timestamp)
    {
        if (timestamp < due)
        {
            due = timestamp;
            var left = time.GetElapsedTime(time.GetTimestamp(), timestamp);
            timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>True once after each call: look at the deadlines, and ask for the next.</summary>
    internal bool TakeExpired()
    {
        if (!hasExpired)
        {
            return false;
        }

        hasExpired = false;
        due = long.MaxValue;
        return true;
    }

    public void Dispose() => timer.Dispose();
}

namespace DmIo.Devices.IoUring;

/// <summary>
/// A pause of some milliseconds, after which the ring is tried again. Begun and asked for by the ring's owner; ends on
/// a thread of the timer's, which calls for the owner. Where several begin it, the first says how long.
/// </summary>
internal sealed class RingPause : IDisposable
{
    private readonly ITimer timer;
    private volatile bool isOver;
    private bool hasBegun;

    /// <param name="time">Whose time.</param>
    /// <param name="call">What is called at its end, on any thread.</param>
    internal RingPause(TimeProvider time, Action call) => timer = time.CreateTimer(
        _ =>
        {
            isOver = true;
            call();
        },
        null,
        Timeout.InfiniteTimeSpan,
        Timeout.InfiniteTimeSpan);

    /// <summary>One has begun, and it is not over.</summary>
    internal bool IsOn => hasBegun && !isOver;

    /// <summary>2 to the power of <paramref name="shift"/> milliseconds; nothing where one has begun. Where the system
    /// has no thread for the timer, it is over at once.</summary>
    internal void Begin(int shift)
    {
        if (hasBegun)
        {
            return;
        }

        hasBegun = true;
        try
        {
            timer.Change(TimeSpan.FromMilliseconds(1 << shift), Timeout.InfiniteTimeSpan);
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            isOver = true;
        }
    }

    /// <summary>True once, when one that had begun is over.</summary>
    internal bool IsOver()
    {
        if (!isOver)
        {
            return false;
        }

        isOver = false;
        hasBegun = false;
        return true;
    }

    public void Dispose() => timer.Dispose();
}

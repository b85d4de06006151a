namespace DmIo.Devices.IoUring;

/// <summary>
/// A pause of some milliseconds before operations are submitted to the ring again. The owner of the ring begins and
/// queries the pause; it ends on a thread of the timer, which calls the owner. If several operations begin the pause,
/// the first one determines its length.
/// </summary>
internal sealed class RingPause : IDisposable
{
    private readonly ITimer timer;
    private volatile bool isOver;
    private bool hasBegun;

    /// <param name="time">The source of time.</param>
    /// <param name="call">Called at the end of the pause, on any thread.</param>
    internal RingPause(TimeProvider time, Action call) => timer = time.CreateTimer(
        _ =>
        {
            isOver = true;
            call();
        },
        null,
        Timeout.InfiniteTimeSpan,
        Timeout.InfiniteTimeSpan);

    /// <summary>A pause has begun and is not over.</summary>
    internal bool IsOn => hasBegun && !isOver;

    /// <summary>Begins a pause of 2 to the power of <paramref name="shift"/> milliseconds, unless one has begun. If the
    /// system has no thread for the timer, the pause is over at once.</summary>
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

    /// <summary>True once, after the end of a pause.</summary>
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

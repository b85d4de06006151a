namespace DmIo.Devices.IoUring;

/// <summary>
/// How much of the threads that actors share may be lent to waiting for rings: so many at a time, whatever the number
/// of rings, each so long at most, and none while the pool has work that waits for a thread. The process has one, of 2
/// ms and half of the processors: of one processor none.
/// </summary>
internal sealed class WaitBounds(long longestNanoseconds, int places, Func<long> pendingWork)
{
    private int taken;

    internal static WaitBounds OfProcess { get; } =
        new(2_000_000, Environment.ProcessorCount / 2, static () => ThreadPool.PendingWorkItemCount);

    /// <summary>What somebody who does not ring may have to wait.</summary>
    internal long LongestNanoseconds { get; } = longestNanoseconds;

    /// <summary>True: wait, and then <see cref="Leave"/>.</summary>
    internal bool TryEnter()
    {
        if (pendingWork() > 0)
        {
            return false;
        }

        var isIn = Interlocked.Increment(ref taken) <= places;
        if (!isIn)
        {
            Leave();
        }

        return isIn;
    }

    internal void Leave() => Interlocked.Decrement(ref taken);
}

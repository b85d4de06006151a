namespace DmIo.Devices.Files;

/// <summary>
/// The calls of one turn, made by two threads: their owner, and one of the pool if one has time. Each call is claimed
/// once, a few together. The owner never waits for the pool: where nobody comes, it makes all of them itself.
/// <code>
///   Free --TryBegin--> Out (in the pool's queue, or at work) --Execute ends--> Free
/// </code>
/// </summary>
internal sealed class SharedRun(GatheredCalls pools) : IThreadPoolWorkItem
{
    /// <summary>At most this part of the calls is claimed together, so that nobody is left with much at the
    /// end.</summary>
    private const int Parts = 4;

    private ThreadCall[] calls = new ThreadCall[32];
    private volatile Action? wake;
    private volatile bool isOut;
    private int count;
    private int together;
    private int next;

    /// <summary>Offers the calls to the pool. False: the one from the last time is not back yet.</summary>
    internal bool TryBegin(List<ThreadCall> offered)
    {
        if (isOut)
        {
            return false;
        }

        if (calls.Length < offered.Count)
        {
            calls = new ThreadCall[offered.Count * 2];
        }

        offered.CopyTo(calls);
        count = offered.Count;
        together = Math.Clamp(count / Parts, 1, GatheredCalls.Most);
        next = 0;
        wake = null;
        isOut = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return true;
    }

    /// <summary>Makes calls that nobody has claimed, until there are none.</summary>
    internal void Work(GatheredCalls gathered)
    {
        for (var claimed = Claim(); claimed < count; claimed = Claim())
        {
            gathered.Run(calls.AsSpan(claimed, Math.Min(together, count - claimed)));

            // That they were made is seen before we look: either the owner sees it, or we see that he waits.
            Interlocked.MemoryBarrier();
            wake?.Invoke();
        }
    }

    /// <summary>The owner goes; whoever is still at a call asks for its next turn.</summary>
    internal void WakeAfterwards(Action asked)
    {
        wake = asked;
        Interlocked.MemoryBarrier();
    }

    void IThreadPoolWorkItem.Execute()
    {
        Work(pools);
        isOut = false;
    }

    private int Claim() => Interlocked.Add(ref next, together) - together;
}

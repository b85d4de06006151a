namespace DmIo.Soak;

/// <summary>The counts of all workers. Each request that was begun ends in exactly one of the others.</summary>
internal sealed class SoakCounts
{
    private long begun;
    private long succeeded;
    private long failed;
    private long reopened;

    internal long Begun => Volatile.Read(ref begun);

    /// <summary>Requests without a failed region.</summary>
    internal long Succeeded => Volatile.Read(ref succeeded);

    /// <summary>Requests with a failed region: an injected fault, or a detached device.</summary>
    internal long Failed => Volatile.Read(ref failed);

    internal long Reopened => Volatile.Read(ref reopened);

    internal void Begin() => Interlocked.Increment(ref begun);

    internal void End(bool isOk)
    {
        if (isOk)
        {
            Interlocked.Increment(ref succeeded);
        }
        else
        {
            Interlocked.Increment(ref failed);
        }
    }

    internal void Reopen() => Interlocked.Increment(ref reopened);
}

namespace DmIo.Soak;

/// <summary>What the workers did, added up as they do it. Each request that was begun ends as exactly one of the
/// others.</summary>
internal sealed class SoakCounts
{
    private long begun;
    private long well;
    private long failed;
    private long reopened;

    internal long Begun => Volatile.Read(ref begun);

    /// <summary>No region failed.</summary>
    internal long Well => Volatile.Read(ref well);

    /// <summary>Some region failed: a fault that was meant, or a device that was away.</summary>
    internal long Failed => Volatile.Read(ref failed);

    internal long Reopened => Volatile.Read(ref reopened);

    internal void Begin() => Interlocked.Increment(ref begun);

    internal void End(bool isOk)
    {
        if (isOk)
        {
            Interlocked.Increment(ref well);
        }
        else
        {
            Interlocked.Increment(ref failed);
        }
    }

    internal void Reopen() => Interlocked.Increment(ref reopened);
}

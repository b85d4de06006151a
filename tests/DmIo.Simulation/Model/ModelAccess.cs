namespace DmIo.Simulation;

/// <summary>
/// A change of a range that was asked for, or a read of it: when it was asked for, and when its outcome came. What lies
/// between is the time in which it may take effect; unless the lease's own order says more.
/// </summary>
internal sealed class ModelAccess(long lease, long sequence, long began)
{
    /// <summary>It was there before all.</summary>
    internal static ModelAccess First { get; } = new(-1, 0, 0) { Ended = 0, IsOk = true, IsDurable = true };

    internal long Began => began;

    /// <summary>When its outcome came; not yet: the end of time.</summary>
    internal long Ended { get; set; } = long.MaxValue;

    /// <summary>The outcome says that it happened.</summary>
    internal bool IsOk { get; set; }

    /// <summary>It survives a crash for certain.</summary>
    internal bool IsDurable { get; set; }

    /// <summary>This one takes effect before that one, if both do: it ended before that was asked for, or it was asked
    /// for by the same lease before that (R20).</summary>
    internal bool Precedes(ModelAccess other) =>
        Ended < other.Began || (lease == other.Lease && sequence < other.Sequence);

    private long Lease => lease;

    private long Sequence => sequence;
}

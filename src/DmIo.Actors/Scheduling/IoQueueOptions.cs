using System.Globalization;

namespace DmIo.Actors.Scheduling;

/// <summary>The scheduling options of one device's queue. Immutable.</summary>
internal sealed record IoQueueOptions
{
    internal SchedulingPolicy Policy { get; init; } = SchedulingPolicy.Fair;

    internal QueueDepth Depth { get; init; } = QueueDepth.Fixed(32);

    /// <summary>Policy deadline: the age at which a read goes ahead of the sector order.</summary>
    internal TimeSpan ReadExpiry { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Policy deadline: the age at which a write, discard or zeroing goes ahead of the sector order.</summary>
    internal TimeSpan WriteExpiry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The time after which class best effort gets one operation although class real time uses the whole device; then
    /// the time restarts.
    /// </summary>
    internal TimeSpan BestEffortExpiry { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The same time for class idle.</summary>
    internal TimeSpan IdleExpiry { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>The order of a device's ready operations. No policy reorders conflicting operations.</summary>
public enum SchedulingPolicy
{
    /// <summary>
    /// By priority class; within a class, leases share the device by their weights, each in arrival order. Recommended
    /// if several leases share a device.
    /// </summary>
    Fair,

    /// <summary>
    /// By priority class; within a class like Linux's mq-deadline: batches in sector order, reads before writes,
    /// neither delayed beyond its expiry. Recommended for disks with seek times.
    /// </summary>
    Deadline,

    /// <summary>In arrival order, regardless of lease and priority. For a single user, or for comparison.</summary>
    Fifo,
}

/// <summary>
/// The limit of operations in flight at a device: a fixed number, or one that adapts to the device's latency between
/// two bounds, so that the queue in the device is no longer than necessary to keep the device busy. A single number is
/// a fixed depth.
/// </summary>
/// <param name="Min">The lower bound, at least 1.</param>
/// <param name="Max">The upper bound, at most 65536; equal to the lower bound if the depth is fixed.</param>
/// <param name="LatencyTarget"> The limit of the device's latency, averaged over some dozens of operations, from the
/// issue of an operation to its end: the depth stays low enough to meet it. Null: no limit. Above 0; without effect if
/// the depth is fixed.
/// </param>
public readonly record struct QueueDepth(int Min, int Max, TimeSpan? LatencyTarget = null)
{
    /// <summary>The largest depth.</summary>
    public const int MaxValue = 65536;

    /// <summary>True if the depth adapts.</summary>
    public bool IsAdaptive => Min < Max;

    internal bool IsPossible =>
        Min >= 1 && Min <= Max && Max <= MaxValue && (LatencyTarget is not { } target || target > TimeSpan.Zero);

    public static implicit operator QueueDepth(int depth) => Fixed(depth);

    /// <summary>Creates a fixed depth.</summary>
    public static QueueDepth Fixed(int depth) => new(depth, depth);

    /// <summary>Creates an adaptive depth, by default from 1 to 64.</summary>
    public static QueueDepth Adaptive(int min = 1, int max = 64, TimeSpan? latencyTarget = null) =>
        new(min, max, latencyTarget);

    /// <summary>Formats the depth as <c>32</c>, or <c>1-64</c>, or <c>1-64 within 0.5 ms</c>.</summary>
    public override string ToString()
    {
        var depth = IsAdaptive ? $"{Min}-{Max}" : $"{Max}";
        return LatencyTarget is { } target
            ? string.Create(CultureInfo.InvariantCulture, $"{depth} within {target.TotalMilliseconds} ms")
            : depth;
    }
}

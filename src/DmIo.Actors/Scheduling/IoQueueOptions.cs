using System.Globalization;

namespace DmIo.Actors.Scheduling;

/// <summary>How one device's queue orders its operations. Immutable.</summary>
internal sealed record IoQueueOptions
{
    internal SchedulingPolicy Policy { get; init; } = SchedulingPolicy.Fair;

    internal QueueDepth Depth { get; init; } = QueueDepth.Fixed(32);

    /// <summary>Policy deadline: how old a read may get before it goes ahead of the order of sectors.</summary>
    internal TimeSpan ReadExpiry { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Policy deadline: how old a write, discard or zeroing may get before it goes ahead.</summary>
    internal TimeSpan WriteExpiry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long class best effort may get nothing because class real time takes everything; then it gets one operation,
    /// and the time begins anew.
    /// </summary>
    internal TimeSpan BestEffortExpiry { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The same for class idle.</summary>
    internal TimeSpan IdleExpiry { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>Which of a device's operations that may run goes next. None of them crosses a conflict.</summary>
public enum SchedulingPolicy
{
    /// <summary>
    /// By priority class; within a class leases share the device by their weights, each in arrival order. The choice
    /// where several leases share a device.
    /// </summary>
    Fair,

    /// <summary>
    /// By priority class; within a class as Linux's mq-deadline: batches in the order of sectors, reads before writes,
    /// neither kept waiting beyond its expiry. The choice for disks that seek.
    /// </summary>
    Deadline,

    /// <summary>In arrival order, whoever asks and however urgent. The choice for one user, or for a
    /// comparison.</summary>
    Fifo,
}

/// <summary>
/// How many operations a device has in flight: a fixed number, or one that adapts to the device's latency between two
/// bounds, so that nobody waits behind more than keeps the device busy. A number is a fixed depth.
/// </summary>
/// <param name="Least">The lower bound, at least 1.</param>
/// <param name="Most">The upper bound, at most 65536; the same as the lower one where the depth is fixed.</param>
/// <param name="LatencyTarget">
/// No deeper than keeps the device's latency within this, on average over some dozens of operations: from when one is
/// given to the device until it has ended. Null: whatever the device's is. Above 0; without effect where the depth is
/// fixed.
/// </param>
public readonly record struct QueueDepth(int Least, int Most, TimeSpan? LatencyTarget = null)
{
    /// <summary>The largest.</summary>
    public const int Max = 65536;

    /// <summary>Does it adapt?</summary>
    public bool IsAdaptive => Least < Most;

    internal bool IsPossible =>
        Least >= 1 && Least <= Most && Most <= Max && (LatencyTarget is not { } target || target > TimeSpan.Zero);

    public static implicit operator QueueDepth(int depth) => Fixed(depth);

    /// <summary>Always that many.</summary>
    public static QueueDepth Fixed(int depth) => new(depth, depth);

    /// <summary>Between bounds; 1 to 64 where none are named.</summary>
    public static QueueDepth Adaptive(int least = 1, int most = 64, TimeSpan? latencyTarget = null) =>
        new(least, most, latencyTarget);

    /// <summary><c>32</c>, or <c>1-64</c>, or <c>1-64 within 0.5 ms</c>.</summary>
    public override string ToString()
    {
        var depth = IsAdaptive ? $"{Least}-{Most}" : $"{Most}";
        return LatencyTarget is { } target
            ? string.Create(CultureInfo.InvariantCulture, $"{depth} within {target.TotalMilliseconds} ms")
            : depth;
    }
}

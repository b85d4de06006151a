using System.Globalization;

namespace DmIo.Actors.Scheduling;

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

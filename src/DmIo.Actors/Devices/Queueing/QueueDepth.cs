using System.Globalization;

namespace DmIo.Actors;

/// <summary>
/// How many operations a device has in flight: a fixed number, or one that adapts to the device's latency between two
/// bounds, so that nobody waits behind more than keeps the device busy. A number is a fixed depth.
/// </summary>
/// <param name="Least">The lower bound, at least 1.</param>
/// <param name="Most">The upper bound, at most 65536; the same as the lower one where the depth is fixed.</param>
public readonly record struct QueueDepth(int Least, int Most)
{
    /// <summary>The largest.</summary>
    public const int Max = 65536;

    /// <summary>Does it adapt?</summary>
    public bool IsAdaptive => Least < Most;

    internal bool IsPossible => Least >= 1 && Least <= Most && Most <= Max;

    public static implicit operator QueueDepth(int depth) => Fixed(depth);

    /// <summary>Always that many.</summary>
    public static QueueDepth Fixed(int depth) => new(depth, depth);

    /// <summary>Between bounds; 1 to 64 where none are named.</summary>
    public static QueueDepth Adaptive(int least = 1, int most = 64) => new(least, most);

    /// <summary><c>32</c>, or <c>1-64</c>.</summary>
    public override string ToString() => IsAdaptive
        ? string.Create(CultureInfo.InvariantCulture, $"{Least}-{Most}")
        : Most.ToString(CultureInfo.InvariantCulture);
}

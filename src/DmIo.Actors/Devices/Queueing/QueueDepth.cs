namespace DmIo.Actors;

/// <summary>How many operations a device has in flight: a fixed number, or one that adapts to latency between two
/// bounds (<see cref="AdaptiveDepth"/>).</summary>
/// <param name="Least">The lower bound, at least 1.</param>
/// <param name="Most">The upper bound; the same as the lower one where it is fixed.</param>
internal readonly record struct QueueDepth(int Least, int Most)
{
    internal bool IsAdaptive => Least < Most;

    internal static QueueDepth Fixed(int depth) => new(depth, depth);

    internal static QueueDepth Adaptive(int least, int most) => new(least, most);
}

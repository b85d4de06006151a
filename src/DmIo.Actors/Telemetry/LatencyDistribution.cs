using System.Numerics;

namespace DmIo.Actors.Telemetry;

/// <summary>
/// A histogram of latencies, with buckets at most a sixteenth wider than the latencies in them. The difference of two
/// snapshots is the distribution of the time between them.
/// </summary>
/// <param name="Buckets">The buckets that are not empty, by latency.</param>
public sealed record LatencyDistribution(IReadOnlyList<LatencyBucket> Buckets)
{
    /// <summary>No latencies.</summary>
    public static LatencyDistribution Empty { get; } = new([]);

    /// <summary>The number of latencies.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public long Count => Buckets.Sum(bucket => bucket.Count);

    /// <summary>The latencies recorded since an earlier snapshot of the same device. Negative differences count as
    /// 0.</summary>
    public LatencyDistribution Since(LatencyDistribution earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        var before = earlier.Buckets.ToDictionary(bucket => bucket.HighestMicroseconds, bucket => bucket.Count);
        return new LatencyDistribution([.. Buckets
            .Select(bucket => bucket with
            {
                Count = bucket.Count - before.GetValueOrDefault(bucket.HighestMicroseconds),
            })
            .Where(bucket => bucket.Count > 0)]);
    }

    /// <summary>Returns the latency in microseconds that a share (0 to 1) of all latencies does not exceed; null: there
    /// are no latencies.</summary>
    public double? QuantileMicroseconds(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        var seen = 0L;
        foreach (var bucket in Buckets)
        {
            seen += bucket.Count;
            if (seen >= rank)
            {
                return bucket.HighestMicroseconds;
            }
        }

        return Buckets.Count > 0 ? Buckets[^1].HighestMicroseconds : null;
    }
}

/// <summary>One bucket of a distribution.</summary>
/// <param name="HighestMicroseconds">The longest latency of the bucket, which identifies it.</param>
/// <param name="Count">The number of latencies.</param>
public sealed record LatencyBucket(double HighestMicroseconds, long Count);

/// <summary>
/// Counts latencies in the 100 ns ticks of <see cref="TimeSpan"/>. Log-linear: each power of two has 16 buckets. One
/// writer, any number of readers: each count is valid, but the counts are not a consistent snapshot.
/// </summary>
internal sealed class LatencyCounts
{
    private const int LinearBits = 4;
    private const int Linear = 1 << LinearBits;

    /// <summary>Latencies of 2^40 ticks (30 hours) or more share one bucket.</summary>
    private const int MaxBits = 40;

    private const double TicksPerMicrosecond = TimeSpan.TicksPerMicrosecond;

    private readonly long[] counts = new long[(MaxBits - LinearBits + 1) * Linear];

    /// <summary>A negative latency, of a clock that went back, counts as 0.</summary>
    internal void Record(TimeSpan latency) => counts[IndexOf(latency.Ticks)]++;

    internal LatencyDistribution Snapshot()
    {
        var buckets = new List<LatencyBucket>();
        for (var index = 0; index < counts.Length; index++)
        {
            if (Volatile.Read(ref counts[index]) is > 0 and var count)
            {
                buckets.Add(new LatencyBucket(HighestOf(index) / TicksPerMicrosecond, count));
            }
        }

        return new LatencyDistribution(buckets);
    }

    private static int IndexOf(long ticks)
    {
        var value = (ulong)Math.Clamp(ticks, 0, (1L << MaxBits) - 1);
        var octave = Math.Max(0, BitOperations.Log2(value | 1) - LinearBits);
        return (octave * Linear) + (int)(value >> octave);
    }

    /// <summary>From bucket 16 on, octave k starts at bucket (k + 1) * 16.</summary>
    private static long HighestOf(int index)
    {
        var octave = Math.Max(0, (index >> LinearBits) - 1);
        var inOctave = index - (octave * Linear);
        return ((long)inOctave << octave) + (1L << octave) - 1;
    }
}

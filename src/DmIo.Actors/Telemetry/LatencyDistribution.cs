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

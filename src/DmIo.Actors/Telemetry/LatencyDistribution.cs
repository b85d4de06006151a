namespace DmIo.Actors.Telemetry;

/// <summary>
/// How often latencies occurred, in buckets that are at most a sixteenth wider than what is in them. Those of two
/// moments give those of the time between them.
/// </summary>
/// <param name="Buckets">Those that are not empty, by latency.</param>
public sealed record LatencyDistribution(IReadOnlyList<LatencyBucket> Buckets)
{
    /// <summary>No latency at all.</summary>
    public static LatencyDistribution Empty { get; } = new([]);

    /// <summary>How many latencies.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public long Count => Buckets.Sum(bucket => bucket.Count);

    /// <summary>What came since an earlier look at the same device. What that had more of counts as none.</summary>
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

    /// <summary>The latency in microseconds that this share of all (0 to 1) does not exceed; null: there is
    /// none.</summary>
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

/// <summary>One bucket.</summary>
/// <param name="HighestMicroseconds">The longest latency in it, and the bucket's name.</param>
/// <param name="Count">How many.</param>
public sealed record LatencyBucket(double HighestMicroseconds, long Count);

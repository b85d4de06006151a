using System.Numerics;

namespace DmIo.Cli.Bench;

/// <summary>
/// A histogram of latencies in <see cref="System.Diagnostics.Stopwatch"/> ticks. Log-linear: each power of two is
/// divided into 128 equal buckets, so a quantile is at most 1/128 above the exact value. Recording takes a few
/// instructions and does not allocate. Used by one thread at a time. Invariant: the sum of the buckets is
/// <see cref="Count"/>.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int LinearBits = 7;
    private const int Linear = 1 << LinearBits;
    private const int Octaves = 64 - LinearBits;

    private readonly long[] buckets = new long[(Octaves + 1) * Linear];
    private long sum;
    private long min = long.MaxValue;

    internal long Count { get; private set; }

    internal long Min => Count == 0 ? 0 : min;

    internal long Max { get; private set; }

    internal double Mean => Count == 0 ? 0 : (double)sum / Count;

    /// <summary>Adds one latency. A negative latency counts as 0.</summary>
    internal void Record(long ticks)
    {
        var value = Math.Max(0, ticks);
        buckets[IndexOf(value)]++;
        Count++;
        sum += value;
        min = Math.Min(min, value);
        Max = Math.Max(Max, value);
    }

    internal void Add(LatencyHistogram other)
    {
        for (var index = 0; index < buckets.Length; index++)
        {
            buckets[index] += other.buckets[index];
        }

        Count += other.Count;
        sum += other.sum;
        min = Math.Min(min, other.min);
        Max = Math.Max(Max, other.Max);
    }

    /// <summary>The latency that the given share (0 to 1) of all latencies does not exceed; 0 if empty.</summary>
    internal long Quantile(double share)
    {
        var rank = Math.Clamp((long)Math.Ceiling(share * Count), 1, Math.Max(1, Count));
        var seen = 0L;
        for (var index = 0; index < buckets.Length; index++)
        {
            seen += buckets[index];
            if (seen >= rank)
            {
                return Math.Clamp(HighestOf(index), Min, Max);
            }
        }

        return 0;
    }

    private static int IndexOf(long value)
    {
        var octave = Math.Max(0, BitOperations.Log2((ulong)value | 1) - LinearBits);
        return (octave * Linear) + (int)(value >> octave);
    }

    /// <summary>The highest value of a bucket. The buckets of octave k start at index (k + 1) * 128.</summary>
    private static long HighestOf(int index)
    {
        var octave = Math.Max(0, (index >> LinearBits) - 1);
        var inOctave = index - (octave * Linear);
        return ((long)inOctave << octave) + (1L << octave) - 1;
    }
}

using DmIo.Actors.Telemetry;
using Xunit;

namespace DmIo.Actors.Tests.Telemetry;

public sealed class LatencyDistributionTests
{
    [Fact]
    public void Any_latency_is_reported_at_most_a_sixteenth_too_high()
    {
        for (var ticks = 0L; ticks < 1L << 40; ticks = (ticks * 9 / 8) + 1)
        {
            var counts = new LatencyCounts();
            counts.Record(TimeSpan.FromTicks(ticks));

            var shown = counts.Snapshot().QuantileMicroseconds(1)!.Value * TimeSpan.TicksPerMicrosecond;

            Assert.InRange(shown, ticks, ticks * 17 / 16.0);
        }
    }

    [Fact]
    public void Huge_and_negative_latencies_are_counted()
    {
        var counts = new LatencyCounts();
        counts.Record(TimeSpan.MaxValue);
        counts.Record(TimeSpan.FromSeconds(-1));

        Assert.Equal(2, counts.Snapshot().Count);
    }

    [Fact]
    public void A_quantile_is_the_latency_that_this_fraction_does_not_exceed()
    {
        var latencies = new LatencyDistribution([new(1, 98), new(20, 1), new(300, 1)]);

        Assert.Equal(1, latencies.QuantileMicroseconds(0.98));
        Assert.Equal(20, latencies.QuantileMicroseconds(0.99));
        Assert.Equal(300, latencies.QuantileMicroseconds(1));
        Assert.Null(LatencyDistribution.Empty.QuantileMicroseconds(0.5));
    }

    [Fact]
    public void Two_snapshots_give_the_latencies_between_them()
    {
        var counts = new LatencyCounts();
        counts.Record(TimeSpan.FromMicroseconds(1));
        var first = counts.Snapshot();
        counts.Record(TimeSpan.FromMicroseconds(1));
        counts.Record(TimeSpan.FromSeconds(1));

        var between = counts.Snapshot().Since(first);

        Assert.Equal([1, 1], between.Buckets.Select(bucket => bucket.Count));
        Assert.Empty(first.Since(first).Buckets);
    }
}

using DmIo.Cli.Bench;
using Xunit;

namespace DmIo.Cli.Tests.Bench;

/// <summary>Quantiles compared with those of the sorted values.</summary>
public sealed class LatencyHistogramTests
{
    private const int Seed = 20;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1000)]
    [InlineData(10_000)]
    public void A_quantile_is_exact_or_at_most_a_128th_above(int count)
    {
        var random = new Random(Seed + count);
        var values = Enumerable.Range(0, count)
            .Select(_ => random.NextInt64(1L << random.Next(1, 63)))
            .Order()
            .ToArray();
        var histogram = new LatencyHistogram();
        foreach (var value in values)
        {
            histogram.Record(value);
        }

        foreach (var share in new[] { 0.0, 0.001, 0.5, 0.9, 0.99, 0.999, 1.0 })
        {
            var exact = values[Math.Max(0, (int)Math.Ceiling(share * count) - 1)];
            Assert.InRange(histogram.Quantile(share), exact, exact + (exact / 128) + 1);
        }

        Assert.Equal((values[0], values[^1], count), (histogram.Min, histogram.Max, histogram.Count));
    }

    [Fact]
    public void Small_latencies_are_exact()
    {
        var histogram = new LatencyHistogram();
        for (var value = 0; value < 256; value++)
        {
            histogram.Record(value);
        }

        Assert.Equal((127, 253, 255), (histogram.Quantile(0.5), histogram.Quantile(0.99), histogram.Quantile(1)));
        Assert.Equal(127.5, histogram.Mean);
    }

    [Fact]
    public void The_largest_latency_has_its_bucket()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(long.MaxValue);

        Assert.Equal(long.MaxValue, histogram.Quantile(0.5));
    }

    [Fact]
    public void The_sum_of_two_histograms_equals_one_histogram_of_all_values()
    {
        var random = new Random(Seed);
        var (all, left, right) = (new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
        for (var index = 0; index < 1000; index++)
        {
            var value = random.Next();
            all.Record(value);
            (index % 3 == 0 ? left : right).Record(value);
        }

        left.Add(right);

        Assert.Equal(
            (all.Count, all.Min, all.Max, all.Mean, all.Quantile(0.7)),
            (left.Count, left.Min, left.Max, left.Mean, left.Quantile(0.7)));
    }

    [Fact]
    public void An_empty_histogram_has_only_zeroes()
    {
        var histogram = new LatencyHistogram();

        Assert.Equal((0, 0, 0, 0), (histogram.Min, histogram.Max, histogram.Mean, histogram.Quantile(0.5)));
    }
}

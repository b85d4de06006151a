using Xunit;

namespace DmIo.Compare.Tests;

/// <summary>The comparison of medians with targets.</summary>
public sealed class TargetTests
{
    [Theory]
    [InlineData(119, false)]
    [InlineData(120, true)]
    public void A_rate_ratio_compares_medians(double rate, bool isMet)
    {
        Series[] series = [NewSeries("us", rate, 1, 1000), NewSeries("them", 100, 99, 5000)];

        var judged = new RateRatio("us", "them", 1.2).Judge(series);

        Assert.Equal(isMet, judged!.Value.IsMet);
    }

    [Fact]
    public void An_even_number_of_rounds_has_its_median_between_the_middle_two()
    {
        Assert.Equal(25, NewSeries("us", 10, 20, 30, 40).Median(sample => sample.Rate));
    }

    [Fact]
    public void An_added_latency_is_the_difference_of_medians()
    {
        Series[] series = [NewSeries("us", 5), NewSeries("bare", 2)];

        Assert.Equal(("3.00 us", true), new AddedMedian("us", "bare", 3).Judge(series));
        Assert.False(new AddedMedian("us", "bare", 2.9).Judge(series)!.Value.IsMet);
    }

    [Fact]
    public void A_latency_ratio_has_an_upper_bound()
    {
        Series[] series = [NewSeries("shared", 6), NewSeries("alone", 2)];

        Assert.True(new LatencyRatio("shared", "alone", "p99", sample => sample.P99, 3).Judge(series)!.Value.IsMet);
        Assert.False(new LatencyRatio("shared", "alone", "p99", sample => sample.P99, 2.9).Judge(series)!.Value.IsMet);
    }

    [Fact]
    public void A_spread_is_the_lowest_over_the_highest()
    {
        Series[] series = [NewSeries("1", 90), NewSeries("8", 100), NewSeries("64", 80)];

        Assert.Equal(("0.80", true), new RateSpread(0.8).Judge(series));
    }

    [Fact]
    public void A_floor_is_compared_with_the_median()
    {
        Assert.Equal(("1,000,000", true), new RateFloor("us", 1e6).Judge([NewSeries("us", 1e6)]));
    }

    [Fact]
    public void A_target_without_samples_is_neither_met_nor_missed()
    {
        Series[] series = [NewSeries("us", 1), new Series("them") { Fault = "not installed" }];
        Target[] targets =
        [
            new RateRatio("us", "them", 1), new AddedMedian("us", "them", 1), new RateSpread(1),
            new LatencyRatio("us", "them", "p50", sample => sample.P50, 1), new RateFloor("nobody", 1),
        ];

        Assert.All(targets, target => Assert.Null(target.Judge(series)));
    }

    /// <summary>A series with one round per value, which is both its rate and its latencies.</summary>
    private static Series NewSeries(string name, params double[] values)
    {
        var series = new Series(name);
        series.Samples.AddRange(values.Select(value => new Sample
        {
            Rate = value,
            BytesPerSecond = value,
            P50 = value,
            P99 = value,
            P999 = value,
            Errors = 0,
        }));
        return series;
    }
}

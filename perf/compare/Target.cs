using System.Globalization;

namespace DmIo.Compare;

/// <summary>A target of medians, by name of the series.</summary>
internal abstract record Target
{
    /// <summary>The compared quantity, for the table.</summary>
    internal abstract string Text { get; }

    /// <summary>The bound, for the table.</summary>
    internal abstract string Bound { get; }

    /// <summary>The measured value and whether the bound holds; null where a series has no sample.</summary>
    internal abstract (string Measured, bool IsMet)? Judge(IReadOnlyList<Series> series);

    private protected static Series? Find(IReadOnlyList<Series> series, string name) =>
        series.FirstOrDefault(one => one.Name == name && one.Samples.Count > 0);

    private protected static string Number(double value, string format = "0.00") =>
        value.ToString(format, CultureInfo.InvariantCulture);
}

/// <summary>The ratio of two rates.</summary>
internal sealed record RateRatio(string Subject, string Peer, double AtLeast) : Target
{
    internal override string Text => $"{Subject} / {Peer}, rate";

    internal override string Bound => $">= {Number(AtLeast, "0.##")}";

    internal override (string Measured, bool IsMet)? Judge(IReadOnlyList<Series> series)
    {
        if (Find(series, Subject) is not { } subject || Find(series, Peer) is not { } peer)
        {
            return null;
        }

        var ratio = subject.Median(sample => sample.Rate) / peer.Median(sample => sample.Rate);
        return (Number(ratio), ratio >= AtLeast);
    }
}

/// <summary>A minimum rate.</summary>
internal sealed record RateFloor(string Subject, double AtLeast) : Target
{
    internal override string Text => $"{Subject}, requests/s";

    internal override string Bound => $">= {Number(AtLeast, "#,0")}";

    internal override (string Measured, bool IsMet)? Judge(IReadOnlyList<Series> series) =>
        Find(series, Subject) is { } subject && subject.Median(sample => sample.Rate) is var rate
            ? (Number(rate, "#,0"), rate >= AtLeast)
            : null;
}

/// <summary>The ratio of two latencies.</summary>
internal sealed record LatencyRatio(
    string Subject, string Peer, string Quantile, Func<Sample, double> Of, double AtMost) : Target
{
    internal override string Text => $"{Subject} / {Peer}, {Quantile}";

    internal override string Bound => $"<= {Number(AtMost, "0.##")}";

    internal override (string Measured, bool IsMet)? Judge(IReadOnlyList<Series> series)
    {
        if (Find(series, Subject) is not { } subject || Find(series, Peer) is not { } peer)
        {
            return null;
        }

        var ratio = subject.Median(Of) / peer.Median(Of);
        return (Number(ratio), ratio <= AtMost);
    }
}

/// <summary>The difference of two latencies, each the median of the medians.</summary>
internal sealed record AddedMedian(string Subject, string Peer, double AtMostMicroseconds) : Target
{
    internal override string Text => $"{Subject} - {Peer}, p50";

    internal override string Bound => $"<= {Number(AtMostMicroseconds, "0.#")} us";

    internal override (string Measured, bool IsMet)? Judge(IReadOnlyList<Series> series)
    {
        if (Find(series, Subject) is not { } subject || Find(series, Peer) is not { } peer)
        {
            return null;
        }

        var added = subject.Median(sample => sample.P50) - peer.Median(sample => sample.P50);
        return ($"{Number(added)} us", added <= AtMostMicroseconds);
    }
}

/// <summary>The ratio of the lowest rate to the highest.</summary>
internal sealed record RateSpread(double AtLeast) : Target
{
    internal override string Text => "lowest / highest of all, rate";

    internal override string Bound => $">= {Number(AtLeast, "0.##")}";

    internal override (string Measured, bool IsMet)? Judge(IReadOnlyList<Series> series)
    {
        if (series.Any(one => one.Samples.Count == 0))
        {
            return null;
        }

        var rates = series.Select(one => one.Median(sample => sample.Rate)).ToArray();
        var spread = rates.Min() / rates.Max();
        return (Number(spread), spread >= AtLeast);
    }
}

/// <summary>The maximum memory per client.</summary>
internal sealed record MemoryCeiling(string Subject, long AtMostBytes) : Target
{
    internal override string Text => $"{Subject}, resident bytes";

    internal override string Bound => $"< {Number(AtMostBytes, "#,0")}";

    internal override (string Measured, bool IsMet)? Judge(IReadOnlyList<Series> series) =>
        Find(series, Subject) is { } subject && subject.Median(sample => sample.AllocatedBytes ?? 0) is var bytes
            ? (Number(bytes, "#,0"), bytes < AtMostBytes)
            : null;
}

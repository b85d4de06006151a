namespace DmIo.Soak;

/// <summary>Whether a sampled value grows: the line through the samples after the warm-up, by least squares, and its
/// rise from the first to the last of them.</summary>
internal sealed class Trend
{
    private Trend(string name, double mean, double rise, double allowed)
    {
        Name = name;
        Mean = mean;
        Rise = rise;
        Allowed = allowed;
    }

    internal string Name { get; }

    internal double Mean { get; }

    /// <summary>The rise over the judged time; negative if the value shrinks.</summary>
    internal double Rise { get; }

    internal double Allowed { get; }

    internal bool IsFlat => Rise <= Allowed;

    /// <param name="name">The name of the value.</param>
    /// <param name="samples">In order of time; the first third of the time is the warm-up.</param>
    /// <param name="value">Reads the value of a sample.</param>
    /// <param name="part">The allowed rise as a fraction of the mean.</param>
    /// <param name="least">The minimum allowed rise.</param>
    internal static Trend Of(
        string name, IReadOnlyList<SoakSample> samples, Func<SoakSample, double> value, double part, double least)
    {
        var judged = samples.Where(sample => sample.At >= samples[^1].At / 3).ToList();
        var time = judged.Average(sample => sample.At.TotalSeconds);
        var mean = judged.Average(value);
        var spread = judged.Sum(sample => Math.Pow(sample.At.TotalSeconds - time, 2));
        var slope = spread == 0
            ? 0
            : judged.Sum(sample => (sample.At.TotalSeconds - time) * (value(sample) - mean)) / spread;
        var rise = slope * (judged[^1].At - judged[0].At).TotalSeconds;
        return new Trend(name, mean, rise, Math.Max(mean * part, least));
    }

    public override string ToString() =>
        $"{Name}: {Mean:N1} on average, {Rise:+0.0;-0.0;0.0} by trend (at most {Allowed:0.0}): "
        + (IsFlat ? "flat" : "GROWS");
}

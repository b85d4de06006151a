namespace DmIo.Soak;

/// <summary>Whether what was sampled grows: the straight line through the samples behind the warm-up, by least squares,
/// and by how much that rises from the first of them to the last.</summary>
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

    /// <summary>Over all that was judged; negative where it shrinks.</summary>
    internal double Rise { get; }

    internal double Allowed { get; }

    internal bool IsFlat => Rise <= Allowed;

    /// <param name="name">Of what.</param>
    /// <param name="samples">In order of time; what lies in the first third of the time is the warm-up.</param>
    /// <param name="value">What is looked at.</param>
    /// <param name="part">What part of the mean it may rise by.</param>
    /// <param name="least">What it may rise by in any case.</param>
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

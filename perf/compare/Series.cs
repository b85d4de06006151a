namespace DmIo.Compare;

/// <summary>The samples of one name in all rounds.</summary>
internal sealed class Series(string name)
{
    internal string Name { get; } = name;

    internal List<Sample> Samples { get; } = [];

    /// <summary>Why samples are missing; null: none is missing.</summary>
    internal string? Fault { get; set; }

    internal double Median(Func<Sample, double> measure)
    {
        var ordered = Samples.Select(measure).Order().ToArray();
        var middle = ordered.Length / 2;
        return ordered.Length % 2 == 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
    }

    internal double Min(Func<Sample, double> measure) => Samples.Min(measure);

    internal double Max(Func<Sample, double> measure) => Samples.Max(measure);
}

namespace DmIo.Simulation;

/// <summary>What runs have drawn and seen, and how often: so that a test can tell what none of them comes to.</summary>
internal sealed class Coverage
{
    private readonly Dictionary<(Type Kind, long Value), int> counts = [];

    internal void Add<T>(T kind)
        where T : struct, Enum
    {
        var key = (typeof(T), Convert.ToInt64(kind, null));
        counts[key] = counts.GetValueOrDefault(key) + 1;
    }

    /// <summary>Of all values of a kind, those that never came.</summary>
    internal IEnumerable<string> Missing<T>()
        where T : struct, Enum => Enum.GetValues<T>()
            .Where(kind => !counts.ContainsKey((typeof(T), Convert.ToInt64(kind, null))))
            .Select(kind => $"{typeof(T).Name} {kind}");
}

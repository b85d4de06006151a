namespace DmIo.Simulation;

/// <summary>Counts what runs have drawn and observed, so that a test can find what no run covers.</summary>
internal sealed class Coverage
{
    private readonly Dictionary<(Type Kind, long Value), int> counts = [];

    internal void Add<T>(T kind)
        where T : struct, Enum
    {
        var key = (typeof(T), Convert.ToInt64(kind, null));
        counts[key] = counts.GetValueOrDefault(key) + 1;
    }

    /// <summary>The values of an enum that never occurred.</summary>
    internal IEnumerable<string> Missing<T>()
        where T : struct, Enum => Enum.GetValues<T>()
            .Where(kind => !counts.ContainsKey((typeof(T), Convert.ToInt64(kind, null))))
            .Select(kind => $"{typeof(T).Name} {kind}");
}

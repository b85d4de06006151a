using System.Collections.Immutable;
using System.Text.Json;

namespace DmIo.Actors.Telemetry;

/// <summary>
/// What others show along with a service's statistics, by name: several may have one name, in the order in which they
/// came. Read on the thread of whoever wants to see it, never on an actor's turn: a reader that throws harms its
/// caller alone.
/// </summary>
internal sealed class StatisticsSections
{
    private ImmutableList<Section> sections = [];

    /// <returns>Takes it back.</returns>
    internal IDisposable Add(string name, Func<JsonElement> read)
    {
        var section = new Section(this, name, read);
        ImmutableInterlocked.Update(ref sections, all => all.Add(section));
        return section;
    }

    /// <summary>The statistics, with what all sections say now.</summary>
    internal ServiceStatistics AddTo(ServiceStatistics statistics) => statistics with
    {
        Sections = Volatile.Read(ref sections)
            .GroupBy(section => section.Name, StringComparer.Ordinal)
            .ToImmutableDictionary(
                group => group.Key,
                IReadOnlyList<JsonElement> (group) => [.. group.Select(section => section.Read())],
                StringComparer.Ordinal),
    };

    private sealed class Section(StatisticsSections owner, string name, Func<JsonElement> read) : IDisposable
    {
        internal string Name => name;

        internal JsonElement Read() => read();

        public void Dispose() => ImmutableInterlocked.Update(ref owner.sections, all => all.Remove(this));
    }
}

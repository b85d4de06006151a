using System.Collections.Immutable;
using System.Text.Json;

namespace DmIo.Actors.Telemetry;

/// <summary>
/// The sections that applications add to a service's statistics. Several sections may have the same name; they are
/// ordered by their addition. They are read on the thread of the caller, never in an actor: an exception of a section
/// affects only that caller.
/// </summary>
internal sealed class StatisticsSections
{
    private ImmutableList<Section> sections = [];

    /// <returns>Dispose of it to remove the section.</returns>
    internal IDisposable Add(string name, Func<JsonElement> read)
    {
        var section = new Section(this, name, read);
        ImmutableInterlocked.Update(ref sections, all => all.Add(section));
        return section;
    }

    /// <summary>The statistics with the current values of all sections.</summary>
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

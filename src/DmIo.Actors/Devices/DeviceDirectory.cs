using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using DmIo.Actors.Telemetry;
using DmIo.Devices;

namespace DmIo.Actors.Devices;

/// <summary>An attached device, by its name in regions.</summary>
/// <param name="counters">The counters of its actor.</param>
/// <param name="actor">Its actor.</param>
/// <param name="description">Its description.</param>
/// <param name="slowAfter">The age of its oldest operation in flight above which it is slow (R19).</param>
internal sealed class DeviceEntry(
    DeviceCounters counters, IActorRef actor, DeviceDescription description, TimeSpan slowAfter)
{
    internal string Name { get; } = counters.Name;

    internal IActorRef Actor { get; } = actor;

    internal DeviceDescription Description { get; } = description;

    internal TimeSpan SlowAfter { get; } = slowAfter;

    /// <summary>The time after which it is slow, unless its oldest operation ends before; null: no operation is in
    /// flight. Also of a device that was detached, or whose actor died. From any thread.</summary>
    internal TimeSpan? SlowAt => counters.OldestInFlightSince + SlowAfter;
}

/// <summary>
/// The device actor of each name. Written by the supervisor only, read by every request actor and client without a
/// lock: each change is a new table. A name is added before its attach is replied to, and removed before its actor is
/// told to drain.
/// </summary>
internal sealed class DeviceDirectory
{
    private volatile FrozenDictionary<string, DeviceEntry> entries = FrozenDictionary<string, DeviceEntry>.Empty;

    internal int Count => entries.Count;

    /// <summary>A device uses bounce pages for misaligned memory.</summary>
    internal bool HasBouncing { get; private set; }

    internal bool TryFind(string name, [MaybeNullWhen(false)] out DeviceEntry entry) =>
        entries.TryGetValue(name, out entry);

    /// <summary>Supervisor only.</summary>
    internal void Add(DeviceEntry entry) => Replace(entries.Append(KeyValuePair.Create(entry.Name, entry)));

    /// <summary>Supervisor only. Does nothing for an unknown name.</summary>
    internal void Remove(string name) => Replace(entries.Where(pair => pair.Key != name));

    private void Replace(IEnumerable<KeyValuePair<string, DeviceEntry>> pairs)
    {
        var table = pairs.ToFrozenDictionary(StringComparer.Ordinal);
        HasBouncing = table.Values.Any(entry => entry.Description.BouncePages > 0);
        entries = table;
    }
}

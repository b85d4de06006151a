using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using DmIo.Actors.Telemetry;
using DmIo.Devices;

namespace DmIo.Actors.Devices;

/// <summary>An attached device, by its name in regions.</summary>
/// <param name="counters">The counters of its actor.</param>
/// <param name="actor">Its actor.</param>
/// <param name="description">Its description when it was attached.</param>
/// <param name="slowAfter">The device is slow if its oldest operation is in flight for longer (R19).</param>
internal sealed class DeviceEntry(
    DeviceCounters counters, IActorRef actor, DeviceDescription description, TimeSpan slowAfter)
{
    internal string Name { get; } = counters.Name;

    internal IActorRef Actor { get; } = actor;

    /// <summary>Set by the supervisor only, when the device has grown.</summary>
    internal DeviceDescription Description { get; set; } = description;

    internal TimeSpan SlowAfter { get; } = slowAfter;

    /// <summary>The time after which the device is slow, unless its oldest operation ends before; null: no operation is
    /// in flight. Also valid for a device that was detached, or whose actor died. Thread-safe.</summary>
    internal TimeSpan? SlowAt => OldestInFlightSince + SlowAfter;

    /// <summary>When the oldest operation in flight began, on the monotonic clock of the scheduler; null: no operation
    /// is in flight. Thread-safe.</summary>
    internal TimeSpan? OldestInFlightSince => counters.OldestInFlightSince;
}

/// <summary>
/// The device actor of each name. Written only by the supervisor; every request actor and client reads it without a
/// lock: each change replaces the table. A name is added before the reply to its attach, and removed before its actor
/// gets DrainDevice.
/// </summary>
internal sealed class DeviceDirectory
{
    private volatile FrozenDictionary<string, DeviceEntry> entries = FrozenDictionary<string, DeviceEntry>.Empty;

    internal int Count => entries.Count;

    /// <summary>At least one device copies unaligned memory through bounce pages.</summary>
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

/// <summary>Validates the names of devices, and converts them to actor names.</summary>
internal static class DeviceName
{
    private const int MaxLength = 255;

    /// <summary>The reason why the name is invalid; null if it is valid. <c>@</c> and <c>,</c> are part of the command
    /// line's syntax of regions.</summary>
    internal static string? FaultOf(string? name)
    {
        if (name is null || name.Length is 0 or > MaxLength)
        {
            return $"A device's name has 1 to {MaxLength} characters, not {name?.Length ?? 0}.";
        }

        for (var index = 0; index < name.Length; index++)
        {
            var isPair = char.IsSurrogatePair(name, index);
            if (char.IsControl(name[index]) || name[index] is '@' or ',' || (char.IsSurrogate(name[index]) && !isPair))
            {
                return $"A device's name has no control characters, unpaired surrogates, '@' or ','; this has one at "
                    + $"{index}.";
            }

            index += isPair ? 1 : 0;
        }

        return null;
    }

    /// <summary>Injective; escapes every character that has a meaning in an actor path.</summary>
    internal static string ToActorName(string name) => $"device-{Uri.EscapeDataString(name)}";
}

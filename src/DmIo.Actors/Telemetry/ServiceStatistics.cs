using System.Text.Json;
using System.Text.Json.Serialization;
using Akka.Actor;
using DmIo.Actors.Client;

namespace DmIo.Actors.Telemetry;

/// <summary>What a service does, and has done. Two of them, at two moments, give rates.</summary>
public sealed record ServiceStatistics : INoSerializationVerificationNeeded
{
    /// <summary>When it was taken, in seconds of the service's own clock, which never goes back; its zero means
    /// nothing.</summary>
    public required double ClockSeconds { get; init; }

    /// <summary>Attached devices, by name in ordinal order.</summary>
    public required IReadOnlyList<DeviceStatistics> Devices { get; init; }

    /// <summary>Leases that are open or draining, by number. What a lease did is gone with it, except from
    /// <see cref="Messages"/>.</summary>
    public required IReadOnlyList<LeaseStatistics> Leases { get; init; }

    /// <summary>The page pool.</summary>
    public required PoolStatistics Pool { get; init; }

    /// <summary>The cost of requests in messages, since the service started.</summary>
    public required MessageStatistics Messages { get; init; }

    /// <summary>What others show along with it (<see cref="DmIoService.AddSection"/>), by name. Whoever asks the
    /// supervisor itself, by message, gets none.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<JsonElement>> Sections { get; init; }

    /// <summary>Reads what <see cref="WriteTo"/> wrote.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static ServiceStatistics Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, StatisticsJson.Default.ServiceStatistics)
            ?? throw new JsonException("null is no statistics of a service.");

    /// <summary>As one JSON object, names in camel case; without line breaks where the writer makes none.</summary>
    public void WriteTo(Utf8JsonWriter writer) =>
        JsonSerializer.Serialize(writer, this, StatisticsJson.Default.ServiceStatistics);
}

/// <summary>Pages of 4096 bytes.</summary>
/// <param name="Free">In memory, and nobody's.</param>
/// <param name="Leased">In leases that are open, lent to them, and bounce pages of devices.</param>
/// <param name="Draining">In leases that ended while a device still had I/O of theirs.</param>
/// <param name="Quarantined">In open leases, for requests that were answered at their deadline while a device still has
/// the pages.</param>
/// <param name="Max"><c>dmio.pool.max-pages</c>.</param>
public sealed record PoolStatistics(int Free, int Leased, int Draining, int Quarantined, int Max);

/// <summary>Totals of all leases and devices, with those that are gone.</summary>
/// <param name="Requests">Accepted.</param>
/// <param name="PagesWired">Pages of 4096 bytes in I/O for them, added up.</param>
/// <param name="Messages">Messages that request and device actors took in or answered requests with.</param>
/// <param name="Turns">Of these, those of actors to themselves, which are no hop.</param>
public sealed record MessageStatistics(long Requests, long PagesWired, long Messages, long Turns)
{
    /// <summary>Messages from one actor to another.</summary>
    [JsonIgnore]
    public long Hops => Messages - Turns;

    /// <summary>The sum.</summary>
    public MessageStatistics Plus(MessageStatistics other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new MessageStatistics(
            Requests + other.Requests, PagesWired + other.PagesWired, Messages + other.Messages, Turns + other.Turns);
    }
}

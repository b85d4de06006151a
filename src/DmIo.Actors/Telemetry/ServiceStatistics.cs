using System.Text.Json;
using System.Text.Json.Serialization;
using Akka.Actor;
using DmIo.Actors.Client;

namespace DmIo.Actors.Telemetry;

/// <summary>The statistics of a service. The difference of two snapshots gives rates.</summary>
public sealed record ServiceStatistics : INoSerializationVerificationNeeded
{
    /// <summary>The time of the snapshot, in seconds of the service's monotonic clock, whose zero is
    /// arbitrary.</summary>
    public required double ClockSeconds { get; init; }

    /// <summary>Attached devices, by name in ordinal order.</summary>
    public required IReadOnlyList<DeviceStatistics> Devices { get; init; }

    /// <summary>Open and draining leases, by number. The counts of a closed lease remain only in
    /// <see cref="Messages"/>.</summary>
    public required IReadOnlyList<LeaseStatistics> Leases { get; init; }

    /// <summary>The page pool.</summary>
    public required PoolStatistics Pool { get; init; }

    /// <summary>The cost of requests in messages, since the service started.</summary>
    public required MessageStatistics Messages { get; init; }

    /// <summary>Sections that applications add (<see cref="DmIoService.AddSection"/>), by name. A reply of the
    /// supervisor to <c>GetStatistics</c> has none.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<JsonElement>> Sections { get; init; }

    /// <summary>Parses the output of <see cref="WriteTo"/>.</summary>
    /// <exception cref="JsonException">The JSON is invalid or has another structure.</exception>
    public static ServiceStatistics Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, StatisticsJson.Default.ServiceStatistics)
            ?? throw new JsonException("null is not the statistics of a service.");

    /// <summary>Writes one JSON object, with names in camel case, and without line breaks unless the writer
    /// indents.</summary>
    public void WriteTo(Utf8JsonWriter writer) =>
        JsonSerializer.Serialize(writer, this, StatisticsJson.Default.ServiceStatistics);
}

/// <summary>Pages of 4096 bytes.</summary>
/// <param name="Free">Allocated pages without a holder.</param>
/// <param name="Leased">Pages in open leases, lent to open leases, or used as bounce pages of devices.</param>
/// <param name="Draining">Pages in leases that ended while a device still had I/O of them.</param>
/// <param name="Quarantined">Pages in open leases for requests that were answered at their deadline while a device
/// still uses the pages.</param>
/// <param name="Max"><c>dmio.pool.max-pages</c>.</param>
public sealed record PoolStatistics(int Free, int Leased, int Draining, int Quarantined, int Max);

/// <summary>Totals of all leases and devices, including closed and detached ones.</summary>
/// <param name="Requests">Accepted requests.</param>
/// <param name="PagesWired">Pages of 4096 bytes used for I/O, summed over all requests.</param>
/// <param name="Messages">Messages that request and device actors received, and outcomes sent as messages.</param>
/// <param name="Turns">Of these, messages of actors to themselves, which cross no actor boundary.</param>
public sealed record MessageStatistics(long Requests, long PagesWired, long Messages, long Turns)
{
    /// <summary>Messages from one actor to another.</summary>
    [JsonIgnore]
    public long Hops => Messages - Turns;

    /// <summary>Returns the sum of two totals.</summary>
    public MessageStatistics Plus(MessageStatistics other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new MessageStatistics(
            Requests + other.Requests, PagesWired + other.PagesWired, Messages + other.Messages, Turns + other.Turns);
    }
}

using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Scheduling;
using DmIo.Devices;

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

/// <summary>
/// The statistics of one lease since it was granted. Counts never decrease; current values are those after the request
/// actor's last message. Read without stopping the actor: the numbers of one request can be seen partially updated.
/// </summary>
public sealed record LeaseStatistics
{
    /// <summary>The <see cref="DmIo.Memory.LeaseId"/>, which is also in the actor's name.</summary>
    public required long Id { get; init; }

    /// <summary>Pages of 4096 bytes that were granted.</summary>
    public required int Pages { get; init; }

    /// <summary>The weight, 1 to 10000.</summary>
    public required int Weight { get; init; }

    /// <summary>Requests that were accepted.</summary>
    public required long Requests { get; init; }

    /// <summary>The accepted requests that were answered.</summary>
    public required long Answered { get; init; }

    /// <summary>The answered requests with an error bit.</summary>
    public required long Errors { get; init; }

    /// <summary>Requests that were refused: nothing happened.</summary>
    public required long Refused { get; init; }

    /// <summary>Regions sent to devices.</summary>
    public required long Regions { get; init; }

    /// <summary>The data of requests answered without an error; each request counts once, however many regions it
    /// has.</summary>
    public required long Bytes { get; init; }

    /// <summary>Pages of 4096 bytes used for I/O, summed over all requests.</summary>
    public required long PagesWired { get; init; }

    /// <summary>Messages that the request actor received: one for each request, one for each turn of a device that
    /// answered it, and a few others.</summary>
    public required long MessagesReceived { get; init; }

    /// <summary>Messages that the request actor sent: to devices, one for all regions that are dispatched together; one
    /// for each outcome that is not delivered by a call; and those to itself.</summary>
    public required long MessagesSent { get; init; }

    /// <summary>Pages in I/O for unanswered requests; at most <see cref="Credit"/>.</summary>
    public required int PagesInFlight { get; init; }

    /// <summary>Pages in quarantine: their request was answered at its deadline, and a device still uses
    /// them.</summary>
    public required int PagesQuarantined { get; init; }

    /// <summary>Pages that the pool lends to the lease, to replace those in quarantine, and those in I/O at slow
    /// devices while other requests wait.</summary>
    public required int PagesLent { get; init; }

    /// <summary>
    /// The pages that requests may have in I/O now: granted and lent pages less those in quarantine. If the credit is
    /// less than <see cref="Pages"/>, the lease has shrunk, because <c>dmio.pool.max-pages</c> leaves no page to lend.
    /// </summary>
    public required int Credit { get; init; }

    /// <summary>Requests in progress at devices.</summary>
    public required int InFlight { get; init; }

    /// <summary>Requests that wait for pages of the lease.</summary>
    public required int Waiting { get; init; }
}

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

/// <summary><see cref="ServiceStatistics"/> as JSON: names in camel case, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    Converters = [typeof(EnumName<ServiceMode>), typeof(EnumName<SchedulingPolicy>), typeof(FiniteNumber)])]
[JsonSerializable(typeof(ServiceStatistics))]
internal sealed partial class StatisticsJson : JsonSerializerContext
{
    private sealed class EnumName<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase)
        where T : struct, Enum;

    /// <summary>Refuses numbers that a <see cref="double"/> can hold only as infinity, such as 1e999: no statistic is
    /// infinite, and JSON cannot express infinity.</summary>
    private sealed class FiniteNumber : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetDouble() is var value && double.IsFinite(value)
                ? value
                : throw new JsonException("A number is larger than a double can be.");

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value);
    }
}

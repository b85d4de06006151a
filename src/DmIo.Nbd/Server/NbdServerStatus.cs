using System.Text.Json;
using System.Text.Json.Serialization;
using DmIo.Actors.Telemetry;
using DmIo.Io;

namespace DmIo.Nbd.Server;

/// <summary>What a server serves, and to whom, at one moment.</summary>
/// <param name="Exports">By name in ordinal order.</param>
/// <param name="Connections">In the order in which they came; those in the handshake too.</param>
public sealed record NbdServerStatus(
    IReadOnlyList<NbdExportStatus> Exports, IReadOnlyList<NbdConnectionStatus> Connections)
{
    /// <summary>The section of <see cref="ServiceStatistics.Sections"/> that servers show themselves in.</summary>
    public const string Section = "nbd";

    /// <summary>The servers of a service, as its statistics show them, here or on the monitor's socket.</summary>
    /// <exception cref="JsonException">The section is something else.</exception>
    public static IReadOnlyList<NbdServerStatus> In(ServiceStatistics statistics)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        return statistics.Sections.TryGetValue(Section, out var servers)
            ? [.. servers.Select(server => server.Deserialize(NbdStatusJson.Default.NbdServerStatus)
                ?? throw new JsonException("null is no status of a server."))]
            : [];
    }

    /// <summary>What stands in the section.</summary>
    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, NbdStatusJson.Default.NbdServerStatus);
}

/// <summary>One export.</summary>
/// <param name="Export">As it was added.</param>
/// <param name="Size">Its size; in JSON <c>sizeBytes</c>, the number of bytes.</param>
/// <param name="LiveDevices">Those of its devices that have not failed.</param>
/// <param name="Connections">How many use it.</param>
/// <param name="PagesInUse">Of its lease's pages, those that hold requests or replies.</param>
/// <param name="InFlight">Requests that are not answered.</param>
/// <param name="Requests">Requests that came since it was added.</param>
/// <param name="Errors">Of these, those that were answered with an error.</param>
/// <param name="ReadBytes">Bytes that were read since it was added.</param>
/// <param name="WrittenBytes">Bytes that were written since it was added.</param>
public sealed record NbdExportStatus(
    NbdExport Export,
    [property: JsonPropertyName("sizeBytes")] ByteSize Size,
    IReadOnlyList<string> LiveDevices,
    int Connections,
    int PagesInUse,
    int InFlight,
    long Requests,
    long Errors,
    long ReadBytes,
    long WrittenBytes);

/// <summary>One connection. Counts are since it came.</summary>
/// <param name="Id">Its number, as in the log: the first of a process is 1.</param>
/// <param name="Peer">Address and port, or <c>unix</c>.</param>
/// <param name="Export">What it uses; null: nothing yet.</param>
/// <param name="IsTls">Is it encrypted?</param>
/// <param name="InFlight">Requests that are not answered.</param>
/// <param name="Requests">Requests that came.</param>
/// <param name="Errors">Of these, those that were answered with an error.</param>
/// <param name="ReadBytes">Bytes that were read for it.</param>
/// <param name="WrittenBytes">Bytes that it wrote.</param>
public sealed record NbdConnectionStatus(
    long Id,
    string Peer,
    string? Export,
    bool IsTls,
    int InFlight,
    long Requests,
    long Errors,
    long ReadBytes,
    long WrittenBytes);

/// <summary><see cref="NbdServerStatus"/> as JSON: names in camel case, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(NbdServerStatus))]
internal sealed partial class NbdStatusJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;
using DmIo.Actors.Telemetry;
using DmIo.Io;

namespace DmIo.Nbd.Server;

/// <summary>The state of a server at one moment.</summary>
/// <param name="Exports">The exports, by name in ordinal order.</param>
/// <param name="Connections">The connections, in the order in which they started, including those in the
/// handshake.</param>
public sealed record NbdServerStatus(
    IReadOnlyList<NbdExportStatus> Exports, IReadOnlyList<NbdConnectionStatus> Connections)
{
    /// <summary>The section of <see cref="ServiceStatistics.Sections"/> that contains the servers.</summary>
    public const string Section = "nbd";

    /// <summary>Returns the servers in the statistics of a service, whether local or from the monitor's
    /// socket.</summary>
    /// <exception cref="JsonException">The section has another format.</exception>
    public static IReadOnlyList<NbdServerStatus> In(ServiceStatistics statistics)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        return statistics.Sections.TryGetValue(Section, out var servers)
            ? [.. servers.Select(server => server.Deserialize(NbdStatusJson.Default.NbdServerStatus)
                ?? throw new JsonException("The status of a server is null."))]
            : [];
    }

    /// <summary>Returns the element of this server in the section.</summary>
    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, NbdStatusJson.Default.NbdServerStatus);
}

/// <summary>The state of one export.</summary>
/// <param name="Export">The export as it was added.</param>
/// <param name="Size">The size; in JSON <c>sizeBytes</c>, the number of bytes.</param>
/// <param name="Connections">The number of connections.</param>
/// <param name="PagesInUse">The pages of the lease that hold requests or replies.</param>
/// <param name="InFlight">The number of requests in flight.</param>
/// <param name="Requests">Requests received since the export was added.</param>
/// <param name="Errors">Requests that were answered with an error.</param>
/// <param name="ReadBytes">Bytes read since the export was added.</param>
/// <param name="WrittenBytes">Bytes written since the export was added.</param>
public sealed record NbdExportStatus(
    NbdExport Export,
    [property: JsonPropertyName("sizeBytes")] ByteSize Size,
    int Connections,
    int PagesInUse,
    int InFlight,
    long Requests,
    long Errors,
    long ReadBytes,
    long WrittenBytes);

/// <summary>The state of one connection. Counters begin with the connection.</summary>
/// <param name="Id">The number of the connection, as in the log; the first of a process is 1.</param>
/// <param name="Peer">The address and port of the client, or <c>unix</c>.</param>
/// <param name="Export">The client's export; null during the handshake.</param>
/// <param name="IsTls">The connection uses TLS.</param>
/// <param name="InFlight">The number of requests in flight.</param>
/// <param name="Requests">Requests received.</param>
/// <param name="Errors">Requests that were answered with an error.</param>
/// <param name="ReadBytes">Bytes read.</param>
/// <param name="WrittenBytes">Bytes written.</param>
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

/// <summary>Serializes <see cref="NbdServerStatus"/> to JSON, with names in camel case and without
/// reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(NbdServerStatus))]
internal sealed partial class NbdStatusJson : JsonSerializerContext;

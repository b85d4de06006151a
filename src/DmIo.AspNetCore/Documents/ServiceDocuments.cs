using System.Text.Json.Serialization;
using DmIo.Io;

namespace DmIo.AspNetCore.Documents;

/// <summary>The devices of a service.</summary>
/// <param name="Devices">The attached devices, by name in ordinal order.</param>
/// <param name="Missing">The configured devices that are not attached.</param>
public sealed record DevicesDocument(
    IReadOnlyList<DeviceDocument> Devices, IReadOnlyList<MissingDeviceDocument> Missing);

/// <summary>An attached device.</summary>
/// <param name="Name">The name that regions use.</param>
/// <param name="State">Its state, as <c>DeviceState</c>.</param>
/// <param name="Backend">The backend, as <c>file</c> or <c>volume</c>.</param>
/// <param name="Mode">How its operations are executed.</param>
/// <param name="Capacity">Its capacity; in JSON <c>capacityBytes</c>, a number.</param>
/// <param name="BlockSize">Its block size; in JSON <c>blockSizeBytes</c>, a number.</param>
/// <param name="ReadOnly">It refuses writes.</param>
public sealed record DeviceDocument(
    string Name,
    string State,
    string Backend,
    string Mode,
    [property: JsonPropertyName("capacityBytes")] ByteSize Capacity,
    [property: JsonPropertyName("blockSizeBytes")] ByteSize BlockSize,
    bool ReadOnly);

/// <summary>A configured device that is not attached.</summary>
/// <param name="Name">The name that regions use.</param>
/// <param name="Reason">Why it could not be opened.</param>
public sealed record MissingDeviceDocument(string Name, string Reason);

/// <summary>The health of a service: the worst of its checks. The HTTP status of Unhealthy is 503.</summary>
/// <param name="Status">Healthy, Degraded or Unhealthy.</param>
/// <param name="Checks">The health checks of DmIo.Hosting, by name.</param>
public sealed record HealthDocument(string Status, IReadOnlyDictionary<string, HealthCheckDocument> Checks);

/// <summary>The result of a health check.</summary>
/// <param name="Status">Healthy, Degraded or Unhealthy.</param>
/// <param name="Description">The reason.</param>
/// <param name="Data">The state of each device or volume, by name.</param>
public sealed record HealthCheckDocument(
    string Status, string Description, IReadOnlyDictionary<string, string> Data);

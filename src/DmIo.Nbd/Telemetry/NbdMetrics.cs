using System.Diagnostics.Metrics;
using System.Reflection;
using DmIo.Nbd.Server;

namespace DmIo.Nbd.Telemetry;

/// <summary>
/// The names of the servers' metrics, as OpenTelemetry has them: a meter <see cref="MeterName"/>, units in UCUM. All
/// servers of the process together; exports are told apart by their names. All are read from what servers count anyway,
/// when somebody collects. What single connections do is in <see cref="NbdServerStatus"/>.
/// </summary>
public static class NbdMetrics
{
    /// <summary>The meter.</summary>
    public const string MeterName = "DmIo.Nbd";

    /// <summary>Counter, {request}: requests that came, by export.</summary>
    public const string ExportRequests = "dmio.nbd.export.requests";

    /// <summary>Counter, {request}: requests that were answered with an error, by export.</summary>
    public const string ExportErrors = "dmio.nbd.export.errors";

    /// <summary>Counter, By: data that clients read and wrote, by export and <see cref="Direction"/>.</summary>
    public const string ExportIo = "dmio.nbd.export.io";

    /// <summary>Up-down counter, {request}: requests that are not answered, by export.</summary>
    public const string ExportInFlight = "dmio.nbd.export.in_flight";

    /// <summary>Up-down counter, {connection}: clients' connections, by export.</summary>
    public const string ExportConnections = "dmio.nbd.export.connections";

    /// <summary>Up-down counter, {device}: devices behind an export, by export and <see cref="State"/>: live,
    /// failed.</summary>
    public const string ExportDevices = "dmio.nbd.export.devices";

    /// <summary>Up-down counter, {page}: pages of 4096 bytes of the export's lease, by export and <see cref="State"/>:
    /// in_use, idle.</summary>
    public const string ExportPages = "dmio.nbd.export.pages";

    /// <summary>Attribute: the export's name.</summary>
    public const string ExportName = "dmio.nbd.export.name";

    /// <summary>Attribute: read, write.</summary>
    public const string Direction = "dmio.operation";

    /// <summary>Attribute: what pages or devices are counted.</summary>
    public const string State = "dmio.state";

    internal static readonly Meter Meter = new(
        MeterName,
        typeof(NbdMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);
}

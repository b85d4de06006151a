using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Reflection;
using DmIo.Actors.Client;

namespace DmIo.Nbd.Server;

/// <summary>The metrics of NBD servers, by OpenTelemetry's conventions: the meter is <see cref="MeterName"/>, units are
/// UCUM. The servers of a process share the instruments; exports are distinguished by name. All values are read when
/// metrics are collected. Values per connection are in <see cref="NbdServerStatus"/>.</summary>
public static class NbdMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "DmIo.Nbd";

    /// <summary>Counter, {request}: requests received, by export.</summary>
    public const string ExportRequests = "dmio.nbd.export.requests";

    /// <summary>Counter, {request}: requests answered with an error, by export.</summary>
    public const string ExportErrors = "dmio.nbd.export.errors";

    /// <summary>Counter, By: data read and written by clients, by export and <see cref="Direction"/>.</summary>
    public const string ExportIo = "dmio.nbd.export.io";

    /// <summary>Up-down counter, {request}: requests in flight, by export.</summary>
    public const string ExportInFlight = "dmio.nbd.export.in_flight";

    /// <summary>Up-down counter, {connection}: connections, by export.</summary>
    public const string ExportConnections = "dmio.nbd.export.connections";

    /// <summary>Up-down counter, {page}: pages of 4096 bytes of the export's lease, by export and <see cref="State"/>:
    /// in_use, idle.</summary>
    public const string ExportPages = "dmio.nbd.export.pages";

    /// <summary>Attribute: the name of the export.</summary>
    public const string ExportName = "dmio.nbd.export.name";

    /// <summary>Attribute: read, write.</summary>
    public const string Direction = "dmio.operation";

    /// <summary>Attribute: the state of the counted pages or devices.</summary>
    public const string State = "dmio.state";

    internal static readonly Meter Meter = new(
        MeterName,
        typeof(NbdMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);
}

/// <summary>The instruments. They read the status of all running servers when metrics are collected, and are created
/// with the first server.</summary>
internal static class NbdInstruments
{
    private static ImmutableList<Func<NbdServerStatus>> servers = [];

    static NbdInstruments()
    {
        var meter = NbdMetrics.Meter;
        meter.CreateObservableCounter(
            NbdMetrics.ExportRequests, () => Of(export => export.Requests), "{request}", "Requests received.");
        meter.CreateObservableCounter(
            NbdMetrics.ExportErrors, () => Of(export => export.Errors), "{request}",
            "Requests answered with an error.");
        meter.CreateObservableCounter(
            NbdMetrics.ExportIo,
            () => Of(
                NbdMetrics.Direction,
                ("read", export => export.ReadBytes),
                ("write", export => export.WrittenBytes)),
            "By",
            "Data read and written by clients.");
        meter.CreateObservableUpDownCounter(
            NbdMetrics.ExportInFlight, () => Of(export => export.InFlight), "{request}",
            "Requests in flight.");
        meter.CreateObservableUpDownCounter(
            NbdMetrics.ExportConnections, () => Of(export => export.Connections), "{connection}",
            "Connections of clients.");
        meter.CreateObservableUpDownCounter(
            NbdMetrics.ExportPages,
            () => Of(
                NbdMetrics.State,
                ("in_use", export => export.PagesInUse),
                ("idle", export => export.Export.Pages - export.PagesInUse)),
            "{page}",
            "Pages of an export's lease.");
    }

    /// <summary>Adds a running server.</summary>
    /// <param name="status">Called on any thread.</param>
    internal static void Add(Func<NbdServerStatus> status) =>
        ImmutableInterlocked.Update(ref servers, all => all.Add(status));

    /// <summary>Removes a server.</summary>
    internal static void Remove(Func<NbdServerStatus> status) =>
        ImmutableInterlocked.Update(ref servers, all => all.Remove(status));

    private static IEnumerable<NbdExportStatus> Exports() =>
        Volatile.Read(ref servers).SelectMany(status => status().Exports);

    private static IEnumerable<Measurement<long>> Of(Func<NbdExportStatus, long> read) =>
        Exports().Select(export => new Measurement<long>(read(export), NameOf(export)));

    private static IEnumerable<Measurement<long>> Of(
        string attribute, params (string Value, Func<NbdExportStatus, long> Read)[] parts) =>
        from export in Exports()
        from part in parts
        select new Measurement<long>(
            part.Read(export), NameOf(export), new KeyValuePair<string, object?>(attribute, part.Value));

    private static KeyValuePair<string, object?> NameOf(NbdExportStatus export) =>
        new(NbdMetrics.ExportName, export.Export.Name);
}

/// <summary>Publishes a server's status in the statistics of its service and in the metrics, until it is
/// disposed.</summary>
internal sealed class StatusPublisher : IDisposable
{
    private readonly Func<NbdServerStatus> status;
    private readonly IDisposable section;

    /// <param name="service">The service whose devices the server exports.</param>
    /// <param name="status">Called on any thread.</param>
    internal StatusPublisher(DmIoService service, Func<NbdServerStatus> status)
    {
        this.status = status;
        section = service.AddSection(NbdServerStatus.Section, () => status().ToJson());
        NbdInstruments.Add(status);
    }

    public void Dispose()
    {
        section.Dispose();
        NbdInstruments.Remove(status);
    }
}

using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using DmIo.Nbd.Server;

namespace DmIo.Nbd.Telemetry;

/// <summary>
/// The instruments, which read the status of all servers that run when somebody collects. They begin with the first
/// server, and cost nothing in between.
/// </summary>
internal static class NbdInstruments
{
    private static ImmutableList<Func<NbdServerStatus>> servers = [];

    static NbdInstruments()
    {
        var meter = NbdMetrics.Meter;
        meter.CreateObservableCounter(
            NbdMetrics.ExportRequests, () => Of(export => export.Requests), "{request}", "Requests that came.");
        meter.CreateObservableCounter(
            NbdMetrics.ExportErrors, () => Of(export => export.Errors), "{request}",
            "Requests that were answered with an error.");
        meter.CreateObservableCounter(
            NbdMetrics.ExportIo,
            () => Of(
                NbdMetrics.Direction,
                ("read", export => export.ReadBytes),
                ("write", export => export.WrittenBytes)),
            "By",
            "Data that clients read and wrote.");
        meter.CreateObservableUpDownCounter(
            NbdMetrics.ExportInFlight, () => Of(export => export.InFlight), "{request}",
            "Requests that are not answered.");
        meter.CreateObservableUpDownCounter(
            NbdMetrics.ExportConnections, () => Of(export => export.Connections), "{connection}",
            "Clients' connections.");
        meter.CreateObservableUpDownCounter(
            NbdMetrics.ExportDevices,
            () => Of(
                NbdMetrics.State,
                ("live", export => export.LiveDevices.Count),
                ("failed", export => export.Export.Devices.Count - export.LiveDevices.Count)),
            "{device}",
            "Devices behind an export.");
        meter.CreateObservableUpDownCounter(
            NbdMetrics.ExportPages,
            () => Of(
                NbdMetrics.State,
                ("in_use", export => export.PagesInUse),
                ("idle", export => export.Export.Pages - export.PagesInUse)),
            "{page}",
            "Pages of an export's lease.");
    }

    /// <summary>A server runs.</summary>
    /// <param name="status">Read on any thread.</param>
    internal static void Add(Func<NbdServerStatus> status) =>
        ImmutableInterlocked.Update(ref servers, all => all.Add(status));

    /// <summary>It has ended.</summary>
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

using DmIo.Actors.Telemetry;
using DmIo.Nbd.Server;

namespace DmIo.Cli;

/// <summary>
/// What network servers in front of a service did between two looks. An export or a connection that was not there at
/// the first did all that it has done since then.
/// </summary>
internal sealed class NetworkRates
{
    private readonly Dictionary<string, NbdExportStatus> exportsBefore;
    private readonly Dictionary<long, NbdConnectionStatus> connectionsBefore;
    private readonly IReadOnlyList<NbdServerStatus> now;
    private readonly double seconds;

    internal NetworkRates(ServiceStatistics before, ServiceStatistics now)
    {
        var servers = NbdServerStatus.In(before);
        exportsBefore = servers.SelectMany(server => server.Exports)
            .DistinctBy(export => export.Export.Name, StringComparer.Ordinal)
            .ToDictionary(export => export.Export.Name, StringComparer.Ordinal);
        connectionsBefore = servers.SelectMany(server => server.Connections)
            .ToDictionary(connection => connection.Id);
        this.now = NbdServerStatus.In(now);
        seconds = now.ClockSeconds - before.ClockSeconds;
    }

    internal IReadOnlyList<TopExport> Exports => [.. now.SelectMany(server => server.Exports).Select(Of)];

    internal IReadOnlyList<TopConnection> Connections =>
        [.. now.SelectMany(server => server.Connections).Select(Of)];

    private TopExport Of(NbdExportStatus now)
    {
        var before = exportsBefore.GetValueOrDefault(now.Export.Name);
        if (before?.Requests > now.Requests)
        {
            // Another export under the same name.
            before = null;
        }

        return new TopExport
        {
            Name = now.Export.Name,
            LiveDevices = now.LiveDevices,
            FailedDevices = [.. now.Export.Devices.Except(now.LiveDevices, StringComparer.Ordinal)],
            Connections = now.Connections,
            InFlight = now.InFlight,
            RequestsPerSecond = TopRates.Rate(before?.Requests ?? 0, now.Requests, seconds),
            ErrorsPerSecond = TopRates.Rate(before?.Errors ?? 0, now.Errors, seconds),
            ReadBytesPerSecond = TopRates.Rate(before?.ReadBytes ?? 0, now.ReadBytes, seconds),
            WrittenBytesPerSecond = TopRates.Rate(before?.WrittenBytes ?? 0, now.WrittenBytes, seconds),
            PagesInUse = now.PagesInUse,
            Pages = now.Export.Pages,
        };
    }

    private TopConnection Of(NbdConnectionStatus now)
    {
        var before = connectionsBefore.GetValueOrDefault(now.Id);
        return new TopConnection
        {
            Id = now.Id,
            Peer = now.Peer,
            Export = now.Export,
            Tls = now.IsTls,
            InFlight = now.InFlight,
            RequestsPerSecond = TopRates.Rate(before?.Requests ?? 0, now.Requests, seconds),
            ErrorsPerSecond = TopRates.Rate(before?.Errors ?? 0, now.Errors, seconds),
            ReadBytesPerSecond = TopRates.Rate(before?.ReadBytes ?? 0, now.ReadBytes, seconds),
            WrittenBytesPerSecond = TopRates.Rate(before?.WrittenBytes ?? 0, now.WrittenBytes, seconds),
        };
    }
}

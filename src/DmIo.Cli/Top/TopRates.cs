using DmIo.Actors.Telemetry;
using DmIo.Cli.Reports;
using DmIo.Nbd.Server;

namespace DmIo.Cli.Top;

/// <summary>The rates between two statistics of a service. All counts of a device or lease that is only in the second
/// statistics belong to the interval.</summary>
internal static class TopRates
{
    internal static TopSnapshot Between(ServiceStatistics before, ServiceStatistics now)
    {
        var seconds = now.ClockSeconds - before.ClockSeconds;
        var devices = before.Devices.ToDictionary(device => device.Name, StringComparer.Ordinal);
        var leases = before.Leases.ToDictionary(lease => lease.Id);
        var network = new NetworkRates(before, now);
        return new TopSnapshot
        {
            Devices = [.. now.Devices.Select(device => Of(devices.GetValueOrDefault(device.Name), device, seconds))],
            Leases = [.. now.Leases.Select(lease => Of(leases.GetValueOrDefault(lease.Id), lease, seconds))],
            Exports = network.Exports,
            Connections = network.Connections,
        };
    }

    private static TopDevice Of(DeviceStatistics? before, DeviceStatistics now, double seconds)
    {
        if (before?.Turns > now.Turns)
        {
            // Another device with the same name.
            before = null;
        }

        var latencies = now.Latencies.Since(before?.Latencies ?? LatencyDistribution.Empty);
        return new TopDevice
        {
            Name = now.Name,
            Mode = now.Mode.ToString().ToLowerInvariant(),
            Policy = now.Policy.ToString().ToLowerInvariant(),
            Depth = now.Depth,
            InFlight = now.InFlight,
            Waiting = now.Waiting,
            OperationsPerSecond = Rate(before?.Count ?? 0, now.Count, seconds),
            ReadsPerSecond = Rate(before?.Reads.Count ?? 0, now.Reads.Count, seconds),
            WritesPerSecond = Rate(before?.Writes.Count ?? 0, now.Writes.Count, seconds),
            ReadBytesPerSecond = Rate(before?.Reads.Bytes ?? 0, now.Reads.Bytes, seconds),
            WrittenBytesPerSecond = Rate(before?.Writes.Bytes ?? 0, now.Writes.Bytes, seconds),
            P50Microseconds = latencies.QuantileMicroseconds(0.5),
            P99Microseconds = latencies.QuantileMicroseconds(0.99),
            OldestSeconds = now.OldestInFlightSeconds,
        };
    }

    private static TopLease Of(LeaseStatistics? before, LeaseStatistics now, double seconds) => new()
    {
        Id = now.Id.ToString(),
        Pages = now.Pages,
        Credit = now.Credit,
        InFlight = now.InFlight,
        Waiting = now.Waiting,
        OperationsPerSecond = Rate(before?.Answered ?? 0, now.Answered, seconds),
    };

    /// <summary>Per second; 0 if the interval is shorter than a microsecond.</summary>
    internal static double Rate(long before, long now, double seconds) =>
        seconds >= 1e-6 ? Math.Round(Math.Max(0, now - before) / seconds, 1) : 0;
}

/// <summary>
/// The rates of network servers between two statistics. All counts of an export or connection that is only in the
/// second statistics belong to the interval.
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
            // Another export with the same name.
            before = null;
        }

        return new TopExport
        {
            Name = now.Export.Name,
            Device = now.Export.Device,
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

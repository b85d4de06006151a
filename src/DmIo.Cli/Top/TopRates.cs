using DmIo.Actors.Telemetry;

namespace DmIo.Cli;

/// <summary>What a service did between two looks. What was not there at the first did all that it has done since
/// then.</summary>
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
            // Another device under the same name.
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
            OperationsPerSecond = Rate(before is null ? 0 : CountOf(before), CountOf(now), seconds),
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

    private static long CountOf(DeviceStatistics device) =>
        device.Reads.Count + device.Writes.Count + device.Flushes.Count + device.Discards.Count
        + device.WriteZeroes.Count;

    /// <summary>Of a second; 0 where the clock moved by less than a microsecond.</summary>
    internal static double Rate(long before, long now, double seconds) =>
        seconds >= 1e-6 ? Math.Round(Math.Max(0, now - before) / seconds, 1) : 0;
}

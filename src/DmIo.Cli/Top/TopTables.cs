using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DmIo.Cli;

/// <summary>A snapshot as two tables, of devices and of leases, the busiest first. What has no room is
/// counted.</summary>
internal static class TopTables
{
    /// <summary>Heads, rules, and the line that counts the rest.</summary>
    private const int LinesAroundRows = 4;

    private const int FewestRows = 3;

    private const double StuckSeconds = 1;

    internal static IRenderable Draw(TopSnapshot snapshot, bool isTerminal, int height)
    {
        var room = Math.Max(2 * FewestRows, height - (2 * LinesAroundRows) - 1);
        var forDevices = Math.Max(FewestRows, room - Math.Min(snapshot.Leases.Count, room / 2));
        var forLeases = Math.Max(FewestRows, room - Math.Min(snapshot.Devices.Count, forDevices));
        return new Rows(
            DrawDevices(snapshot.Devices, isTerminal, forDevices),
            DrawLeases(snapshot.Leases, isTerminal, forLeases));
    }

    private static Rows DrawDevices(IReadOnlyList<TopDevice> devices, bool isTerminal, int room)
    {
        var table = ReportTable.NewTable(
            isTerminal,
            "Device", "Mode", "Policy", "Depth", "In flight", "Waiting", "Reads/s", "Writes/s", "Read", "Written",
            "p50", "p99", "Oldest");
        foreach (var column in table.Columns)
        {
            // Thirteen columns are to fit 120 characters.
            column.PadLeft(0).PadRight(1);
        }

        RightAlign(table, from: 3);
        var shown = devices
            .OrderByDescending(device => device.OperationsPerSecond)
            .ThenByDescending(device => device.InFlight)
            .ThenBy(device => device.Name, StringComparer.Ordinal);
        foreach (var device in shown.Take(room))
        {
            var isStuck = device.OldestSeconds >= StuckSeconds;
            table.AddRow(
                new Text(device.Name),
                new Text(device.Mode),
                new Text(device.Policy),
                Number(device.Depth),
                Number(device.InFlight),
                Number(device.Waiting),
                Number(device.ReadsPerSecond),
                Number(device.WritesPerSecond),
                new Text($"{Quantity.Bytes(device.ReadBytesPerSecond)}/s"),
                new Text($"{Quantity.Bytes(device.WrittenBytesPerSecond)}/s"),
                Latency(device.P50Microseconds),
                Latency(device.P99Microseconds),
                new Text(
                    device.OldestSeconds is { } age ? Quantity.Seconds(age) : "-",
                    isStuck ? Color.Red : Style.Plain));
        }

        return WithRest(table, devices.Count - room, "device(s)");
    }

    private static Rows DrawLeases(IReadOnlyList<TopLease> leases, bool isTerminal, int room)
    {
        var table = ReportTable.NewTable(isTerminal, "Lease", "Pages", "In flight", "Waiting", "Ops/s");
        RightAlign(table, from: 1);
        var shown = leases
            .OrderByDescending(lease => lease.OperationsPerSecond)
            .ThenByDescending(lease => lease.InFlight)
            .ThenBy(lease => lease.Id, StringComparer.Ordinal);
        foreach (var lease in shown.Take(room))
        {
            table.AddRow(
                new Text(lease.Id),
                Number(lease.Pages),
                Number(lease.InFlight),
                Number(lease.Waiting),
                Number(lease.OperationsPerSecond));
        }

        return WithRest(table, leases.Count - room, "lease(s)");
    }

    private static Rows WithRest(Table table, int rest, string what) =>
        rest > 0 ? new Rows(table, new Text($"and {rest} {what} more")) : new Rows(table);

    private static void RightAlign(Table table, int from)
    {
        foreach (var column in table.Columns.Skip(from))
        {
            column.RightAligned();
        }
    }

    private static Text Number(double value) => new(value.ToString("0", CultureInfo.InvariantCulture));

    private static Text Latency(double? microseconds) => new(microseconds switch
    {
        null => "-",
        < 999.5 => string.Create(CultureInfo.InvariantCulture, $"{microseconds:0} us"),
        _ => Quantity.Seconds(microseconds.Value / 1e6),
    });
}

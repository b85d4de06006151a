using System.Globalization;
using DmIo.Cli.Reports;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DmIo.Cli.Top;

/// <summary>A snapshot as tables of devices, leases, and the exports and connections of network servers. The busiest
/// rows come first. Rows that do not fit are counted.</summary>
internal static class TopTables
{
    /// <summary>Header, rules, and the line that counts the other rows.</summary>
    private const int LinesAroundRows = 4;

    private const int FewestRows = 3;

    private const double StuckSeconds = 1;

    internal static IRenderable Draw(TopSnapshot snapshot, bool isTerminal, int height)
    {
        List<(int Rows, Func<int, IRenderable> Draw)> tables =
        [
            (snapshot.Devices.Count, room => DrawDevices(snapshot.Devices, isTerminal, room)),
            (snapshot.Leases.Count, room => DrawLeases(snapshot.Leases, isTerminal, room)),
        ];
        if (snapshot.Exports.Count > 0)
        {
            tables.Add((snapshot.Exports.Count, room => DrawExports(snapshot.Exports, isTerminal, room)));
        }

        if (snapshot.Connections.Count > 0)
        {
            tables.Add((snapshot.Connections.Count, room => DrawConnections(snapshot.Connections, isTerminal, room)));
        }

        var rooms = Share(height - (tables.Count * LinesAroundRows) - 1, [.. tables.Select(table => table.Rows)]);
        return new Rows(tables.Select((table, index) => table.Draw(rooms[index])));
    }

    /// <summary>Distributes the rows of the screen: a table gets all its rows, or the same number as the other large
    /// tables.</summary>
    private static int[] Share(int room, int[] rows)
    {
        var rooms = new int[rows.Length];
        var others = rows.Length;
        foreach (var (index, needed) in rows.Index().OrderBy(row => row.Item))
        {
            rooms[index] = Math.Max(FewestRows, Math.Min(needed, room / others));
            room -= rooms[index];
            others--;
        }

        return rooms;
    }

    private static Rows DrawDevices(IReadOnlyList<TopDevice> devices, bool isTerminal, int room)
    {
        var table = ReportConsole.NewTable(
            isTerminal,
            "Device", "Mode", "Policy", "Depth", "In flight", "Waiting", "Reads/s", "Writes/s", "Read", "Written",
            "p50", "p99", "Oldest");
        foreach (var column in table.Columns)
        {
            // Thirteen columns have to fit into 120 characters.
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
                Name(device.Name),
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
        var table = ReportConsole.NewTable(isTerminal, "Lease", "Pages", "In flight", "Waiting", "Ops/s");
        RightAlign(table, from: 1);
        var shown = leases
            .OrderByDescending(lease => lease.OperationsPerSecond)
            .ThenByDescending(lease => lease.InFlight)
            .ThenBy(lease => lease.Id, StringComparer.Ordinal);
        foreach (var lease in shown.Take(room))
        {
            table.AddRow(
                new Text(lease.Id),
                lease.Credit < lease.Pages
                    ? new Text($"{lease.Credit}/{lease.Pages}", Color.Red)
                    : Number(lease.Pages),
                Number(lease.InFlight),
                Number(lease.Waiting),
                Number(lease.OperationsPerSecond));
        }

        return WithRest(table, leases.Count - room, "lease(s)");
    }

    private static Rows DrawExports(IReadOnlyList<TopExport> exports, bool isTerminal, int room)
    {
        var table = ReportConsole.NewTable(
            isTerminal,
            "Export", "Device", "Clients", "In flight", "Requests/s", "Errors/s", "Read", "Written", "Pages");
        RightAlign(table, from: 2);
        var shown = exports
            .OrderByDescending(export => export.RequestsPerSecond)
            .ThenByDescending(export => export.InFlight)
            .ThenBy(export => export.Name, StringComparer.Ordinal);
        foreach (var export in shown.Take(room))
        {
            table.AddRow(
                Name($"'{export.Name}'"),
                Name(export.Device),
                Number(export.Connections),
                Number(export.InFlight),
                Number(export.RequestsPerSecond),
                Errors(export.ErrorsPerSecond),
                new Text($"{Quantity.Bytes(export.ReadBytesPerSecond)}/s"),
                new Text($"{Quantity.Bytes(export.WrittenBytesPerSecond)}/s"),
                new Text($"{export.PagesInUse}/{export.Pages}"));
        }

        return WithRest(table, exports.Count - room, "export(s)");
    }

    private static Rows DrawConnections(IReadOnlyList<TopConnection> connections, bool isTerminal, int room)
    {
        var table = ReportConsole.NewTable(
            isTerminal, "Client", "Peer", "Export", "TLS", "In flight", "Requests/s", "Errors/s", "Read", "Written");
        RightAlign(table, from: 4);
        var shown = connections
            .OrderByDescending(connection => connection.RequestsPerSecond)
            .ThenByDescending(connection => connection.InFlight)
            .ThenBy(connection => connection.Id);
        foreach (var connection in shown.Take(room))
        {
            table.AddRow(
                new Text($"nbd-{connection.Id}"),
                Name(connection.Peer),
                Name(connection.Export is { } export ? $"'{export}'" : "-"),
                new Text(connection.Tls ? "yes" : "no"),
                Number(connection.InFlight),
                Number(connection.RequestsPerSecond),
                Errors(connection.ErrorsPerSecond),
                new Text($"{Quantity.Bytes(connection.ReadBytesPerSecond)}/s"),
                new Text($"{Quantity.Bytes(connection.WrittenBytesPerSecond)}/s"));
        }

        return WithRest(table, connections.Count - room, "connection(s)");
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

    /// <summary>A name from another process. Control characters are replaced, since they could control the
    /// terminal.</summary>
    private static Text Name(string? text, Style? style = null) => new(
        string.Concat((text ?? "").Select(letter => char.IsControl(letter) ? '\ufffd' : letter)), style);

    private static Text Number(double value) => new(value.ToString("0", CultureInfo.InvariantCulture));

    private static Text Errors(double perSecond) => new(
        perSecond.ToString("0", CultureInfo.InvariantCulture), perSecond > 0 ? Color.Red : Style.Plain);

    private static Text Latency(double? microseconds) => new(microseconds switch
    {
        null => "-",
        < 999.5 => string.Create(CultureInfo.InvariantCulture, $"{microseconds:0} us"),
        _ => Quantity.Seconds(microseconds.Value / 1e6),
    });
}

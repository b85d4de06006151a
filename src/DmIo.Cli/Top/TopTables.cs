using System.Globalization;
using DmIo.Cli.Reports;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DmIo.Cli.Top;

/// <summary>
/// A snapshot as tables of devices, leases, and the exports and connections of network servers. The busiest rows come
/// first. On a terminal, rows that do not fit are counted, each row is one line, numbers are short, and names are cut;
/// elsewhere everything is shown in full.
/// </summary>
internal static class TopTables
{
    /// <summary>Header, the line that counts the other rows, and an empty line.</summary>
    private const int LinesAroundRows = 3;

    private const int FewestRows = 2;

    private const int FewestNameLetters = 8;

    /// <summary>A terminal of this width has room for all columns.</summary>
    private const int FullWidth = 110;

    private const double StuckSeconds = 1;

    /// <param name="snapshot">The state to show.</param>
    /// <param name="width">The columns of the terminal; null: no terminal.</param>
    /// <param name="height">The lines of the terminal.</param>
    internal static IRenderable Draw(TopSnapshot snapshot, int? width, int height)
    {
        List<(int Count, Func<int, IRenderable> Draw)> tables =
        [
            (snapshot.Devices.Count, room => Draw(Devices, width, "Device", snapshot.Devices
                .OrderByDescending(device => device.OperationsPerSecond)
                .ThenByDescending(device => device.InFlight)
                .ThenBy(device => device.Name, StringComparer.Ordinal), device => device.Name, "device(s)", room)),
            (snapshot.Leases.Count, room => Draw(Leases, width, "Lease", snapshot.Leases
                .OrderByDescending(lease => lease.OperationsPerSecond)
                .ThenByDescending(lease => lease.InFlight)
                .ThenBy(lease => lease.Id, StringComparer.Ordinal), lease => lease.Id, "lease(s)", room)),
        ];
        if (snapshot.Exports.Count > 0)
        {
            tables.Add((snapshot.Exports.Count, room => Draw(Exports, width, "Export", snapshot.Exports
                .OrderByDescending(export => export.RequestsPerSecond)
                .ThenByDescending(export => export.InFlight)
                .ThenBy(export => export.Name, StringComparer.Ordinal), export => $"'{export.Name}'", "export(s)",
                room)));
        }

        if (snapshot.Connections.Count > 0)
        {
            tables.Add((snapshot.Connections.Count, room => Draw(Connections, width, "Client", snapshot.Connections
                .OrderByDescending(connection => connection.RequestsPerSecond)
                .ThenByDescending(connection => connection.InFlight)
                .ThenBy(connection => connection.Id),
                connection => $"nbd-{connection.Id} {connection.Peer}", "connection(s)", room)));
        }

        var rooms = Share(height - (tables.Count * LinesAroundRows) - 1, [.. tables.Select(table => table.Count)]);
        return new Rows(tables.Select((table, index) => table.Draw(rooms[index])));
    }

    private static readonly Column<TopDevice>[] Devices =
    [
        new("Mode", device => device.Mode) { Width = 7, IsWide = true, IsText = true },
        new("Policy", device => device.Policy) { Width = 8, IsWide = true, IsText = true },
        new("Depth", device => Number(device.Depth)) { Width = 5, IsWide = true },
        new("Flight", device => Number(device.InFlight)) { Width = 6 },
        new("Wait", device => Number(device.Waiting)) { Width = 5 },
        new("r/s", device => Number(device.ReadsPerSecond)) { Width = 5 },
        new("w/s", device => Number(device.WritesPerSecond)) { Width = 5 },
        new("Read", device => Rate(device.ReadBytesPerSecond)) { Width = 6 },
        new("Written", device => Rate(device.WrittenBytesPerSecond)) { Width = 7 },
        new("p50", device => Latency(device.P50Microseconds)) { Width = 7 },
        new("p99", device => Latency(device.P99Microseconds)) { Width = 7 },
        new("Oldest", device => device.OldestSeconds is { } age ? Quantity.Seconds(age) : "-")
        {
            Width = 7, IsAlarming = device => device.OldestSeconds >= StuckSeconds,
        },
    ];

    private static readonly Column<TopLease>[] Leases =
    [
        new("Pages", lease => lease.Credit < lease.Pages ? $"{lease.Credit}/{lease.Pages}" : Number(lease.Pages))
        {
            Width = 11, IsAlarming = lease => lease.Credit < lease.Pages,
        },
        new("Flight", lease => Number(lease.InFlight)) { Width = 6 },
        new("Wait", lease => Number(lease.Waiting)) { Width = 5 },
        new("Ops/s", lease => Number(lease.OperationsPerSecond)) { Width = 7 },
    ];

    private static readonly Column<TopExport>[] Exports =
    [
        new("Device", export => Name(export.Device)) { Width = 24, IsWide = true, IsText = true },
        new("Clients", export => Number(export.Connections)) { Width = 7 },
        new("Flight", export => Number(export.InFlight)) { Width = 6 },
        new("Requests/s", export => Number(export.RequestsPerSecond)) { Width = 10 },
        new("Errors/s", export => Number(export.ErrorsPerSecond))
        {
            Width = 8, IsAlarming = export => export.ErrorsPerSecond > 0,
        },
        new("Read", export => Rate(export.ReadBytesPerSecond)) { Width = 7 },
        new("Written", export => Rate(export.WrittenBytesPerSecond)) { Width = 7 },
        new("Pages", export => $"{export.PagesInUse}/{export.Pages}") { Width = 11 },
    ];

    private static readonly Column<TopConnection>[] Connections =
    [
        new("Export", connection => connection.Export is { } export ? Name($"'{export}'") : "-")
        {
            Width = 12, IsText = true,
        },
        new("TLS", connection => connection.Tls ? "yes" : "no") { Width = 3, IsText = true },
        new("Flight", connection => Number(connection.InFlight)) { Width = 6 },
        new("Requests/s", connection => Number(connection.RequestsPerSecond)) { Width = 10 },
        new("Errors/s", connection => Number(connection.ErrorsPerSecond))
        {
            Width = 8, IsWide = true, IsAlarming = connection => connection.ErrorsPerSecond > 0,
        },
        new("Read", connection => Rate(connection.ReadBytesPerSecond)) { Width = 7 },
        new("Written", connection => Rate(connection.WrittenBytesPerSecond)) { Width = 7 },
    ];

    private static Rows Draw<T>(
        Column<T>[] all, int? width, string title, IEnumerable<T> rows, Func<T, string> name, string what, int room)
    {
        var columns = width < FullWidth ? [.. all.Where(column => !column.IsWide)] : all;
        var letters = width is { } letterCount
            ? Math.Max(FewestNameLetters, letterCount - 1 - columns.Sum(column => column.Width + 1))
            : int.MaxValue;
        var table = new Table { Border = TableBorder.None };
        table.AddColumn(new TableColumn(new Text(title, Header(width)))
        {
            NoWrap = true,
            Padding = new Padding(0, 0, 1, 0),
        });
        foreach (var column in columns)
        {
            var header = new TableColumn(new Text(column.Title, Header(width)))
            {
                NoWrap = true,
                Padding = new Padding(0, 0, 1, 0),
                Width = width is null ? null : column.Width,
            };
            table.AddColumn(column.IsText ? header : header.RightAligned());
        }

        var list = rows.ToList();
        foreach (var row in list.Take(room))
        {
            table.AddRow(columns.Select(column => column.Cell(row, width is not null))
                .Prepend(new Text(Cut(Name(name(row)), letters))));
        }

        var rest = list.Count - room;
        return rest > 0 ? new Rows(table, new Text($"and {rest} {what} more")) : new Rows(table, new Text(""));
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

    private static Style Header(int? width) => width is null ? Style.Plain : new Style(decoration: Decoration.Bold);

    private static string Cut(string text, int letters) => text.Length > letters ? $"{text[..(letters - 1)]}…" : text;

    /// <summary>A name from another process. Control characters are replaced, since they could control the
    /// terminal.</summary>
    private static string Name(string? text) =>
        string.Concat((text ?? "").Select(letter => char.IsControl(letter) ? '\ufffd' : letter));

    private static string Number(double value) =>
        value < 99_999.5 ? value.ToString("0", CultureInfo.InvariantCulture) : Quantity.Short(value, 1000);

    private static string Rate(double bytes) => Quantity.Short(bytes, 1024);

    private static string Latency(double? microseconds) => microseconds switch
    {
        null => "-",
        < 999.5 => string.Create(CultureInfo.InvariantCulture, $"{microseconds:0} us"),
        _ => Quantity.Seconds(microseconds.Value / 1e6),
    };

    /// <summary>A column of a table.</summary>
    private sealed record Column<T>(string Title, Func<T, string> Text)
    {
        /// <summary>The letters of the header, and of the longest usual value.</summary>
        internal required int Width { get; init; }

        /// <summary>Only a wide terminal has room for it.</summary>
        internal bool IsWide { get; init; }

        /// <summary>Aligned left.</summary>
        internal bool IsText { get; init; }

        internal Func<T, bool> IsAlarming { get; init; } = static _ => false;

        internal Text Cell(T row, bool isTerminal) => new(
            isTerminal ? Cut(Text(row), Width) : Text(row), IsAlarming(row) ? Color.Red : Style.Plain);
    }
}

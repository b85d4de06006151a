using System.Text;
using DmIo.Nbd.Server;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Cli.Reports;

/// <summary>The output of <c>dmio serve</c>, printed when the server accepts clients.</summary>
internal sealed record ServeReport(IReadOnlyList<ServedExport> Exports)
{
    /// <summary>Exports that the server adds when their missing devices are attached.</summary>
    public IReadOnlyList<WaitingExportReport> Waiting { get; init; } = [];

    /// <param name="server">The running server.</param>
    /// <param name="served">Its exports.</param>
    /// <param name="devices">All devices of the service.</param>
    /// <param name="textOf">Returns the text of the command line for the name of a device.</param>
    internal static ServeReport Of(
        NbdServer server,
        IReadOnlyList<NbdExportStatus> served,
        IReadOnlyList<DeviceStatus> devices,
        Func<string, string> textOf)
    {
        var byName = devices.ToDictionary(device => device.Name, StringComparer.Ordinal);
        return new ServeReport([.. served.Select(export => new ServedExport
        {
            Name = export.Export.Name,
            Bytes = export.Size.Bytes,
            ReadOnly = export.Export.IsReadOnly || byName[export.Export.Device].Description.IsReadOnly,
            Default = export.Export.IsDefault,
            Pages = export.Export.Pages,
            Device = textOf(export.Export.Device),
            Backend = byName[export.Export.Device].Description.Backend,
            Mode = byName[export.Export.Device].Description.Mode.ToString().ToLowerInvariant(),
            TailBytes = byName[export.Export.Device].Description.TailBytes is > 0 and var tail ? tail : null,
            Uris = [.. server.UrisOf(export.Export.Name).Select(uri => uri.ToString())],
        })]);
    }

    /// <summary>The report as text: each export with its URIs, and example commands for the first export.</summary>
    internal string ToText()
    {
        var text = new StringBuilder();
        foreach (var export in Exports)
        {
            text.AppendLine($"'{export.Name}'{(export.Default ? " (default)" : "")}: {Quantity.Bytes(export.Bytes)}, "
                + $"{(export.ReadOnly ? "read-only" : "read-write")}, "
                + $"{export.Device} ({export.Backend}, {export.Mode})");
            if (export.TailBytes is { } tail)
            {
                text.AppendLine($"  {ReportConsole.TailText(export.Device, tail)}");
            }

            foreach (var uri in export.Uris)
            {
                text.AppendLine($"  {uri}");
            }
        }

        foreach (var export in Waiting)
        {
            text.AppendLine($"'{export.Name}': not available yet, waits for {export.Device}");
        }

        if (Exports is [var first, ..])
        {
            var example = ForShell(first.Uris[0]);
            text.AppendLine($"show it:  nbdinfo {example}");
            text.AppendLine($"copy it:  nbdcopy {example} copy.img");
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>A URI with TLS gets the parameter by which libnbd finds the certificates (ca-cert.pem).</summary>
    private static string ForShell(string uri)
    {
        var isTls = uri.StartsWith("nbds", StringComparison.Ordinal);
        var separator = uri.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        return $"'{uri}{(isTls ? $"{separator}tls-certificates=DIRECTORY" : "")}'";
    }
}

/// <summary>One export and its addresses.</summary>
internal sealed record ServedExport
{
    public required string Name { get; init; }

    public required long Bytes { get; init; }

    public required bool ReadOnly { get; init; }

    /// <summary>Clients that request no name get this export.</summary>
    public required bool Default { get; init; }

    /// <summary>Pages of its lease.</summary>
    public required int Pages { get; init; }

    /// <summary>The text of its device on the command line.</summary>
    public required string Device { get; init; }

    public required string Backend { get; init; }

    public required string Mode { get; init; }

    /// <summary>Bytes of the file after the last whole sector. They are not part of the device.</summary>
    public int? TailBytes { get; init; }

    /// <summary>One URI for each address and socket.</summary>
    public required IReadOnlyList<string> Uris { get; init; }
}

/// <summary>An export with a missing device.</summary>
internal sealed record WaitingExportReport(string Name, string Device);

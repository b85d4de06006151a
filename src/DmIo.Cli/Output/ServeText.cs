using System.Text;

namespace DmIo.Cli;

/// <summary>
/// What is served, for a person: each export with its URIs on lines of their own, and commands to paste.
/// </summary>
internal static class ServeText
{
    internal static string Write(ServeReport report)
    {
        var text = new StringBuilder();
        foreach (var export in report.Exports)
        {
            var devices = export.Devices.Select(device => $"{device.Device} ({device.Backend}, {device.Mode})");
            text.AppendLine($"'{export.Name}'{(export.Default ? " (default)" : "")}: {Quantity.Bytes(export.Bytes)}, "
                + $"{(export.ReadOnly ? "read-only" : "read-write")}, {string.Join(" + ", devices)}");
            foreach (var device in export.Devices.Where(device => device.TailBytes is not null))
            {
                text.AppendLine($"  {ReportTable.TailText(device.Device, device.TailBytes!.Value)}");
            }

            foreach (var uri in export.Uris)
            {
                text.AppendLine($"  {uri}");
            }
        }

        foreach (var export in report.Waiting)
        {
            text.AppendLine($"'{export.Name}': not offered yet, waits for {string.Join(" + ", export.Devices)}");
        }

        if (report.Exports is [var first, ..])
        {
            var example = ForShell(first.Uris[0]);
            text.AppendLine($"look at it:  nbdinfo {example}");
            text.AppendLine($"copy it:     nbdcopy {example} copy.img");
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>libnbd wants the directory of its certificates (ca-cert.pem) in a URI of TLS.</summary>
    private static string ForShell(string uri)
    {
        var isTls = uri.StartsWith("nbds", StringComparison.Ordinal);
        var separator = uri.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        return $"'{uri}{(isTls ? $"{separator}tls-certificates=DIRECTORY" : "")}'";
    }
}

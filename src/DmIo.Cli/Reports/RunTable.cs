using Spectre.Console;

namespace DmIo.Cli.Reports;

/// <summary>A <see cref="RunReport"/> as a table, with a line for each error and the totals.</summary>
internal static class RunTable
{
    internal static void Write(TextWriter writer, bool isTerminal, RunReport report)
    {
        var table = ReportConsole.NewTable(isTerminal, "#", "Region", "Status", "Bytes");
        table.Columns[0].RightAligned();
        table.Columns[3].RightAligned();
        foreach (var region in report.Regions)
        {
            table.AddRow(
                new Text(region.Index.ToString()),
                new Text($"{region.Device}@{region.Sector}+{region.Count}"),
                new Text(region.Status, region.IsOk ? Color.Green : Color.Red),
                new Text(region.Bytes.ToString()));
        }

        ReportConsole.NewConsole(writer, isTerminal).Write(table);
        foreach (var region in report.Regions)
        {
            WriteRemarks(writer, region);
        }

        if (report.PaddedBytes > 0)
        {
            writer.WriteLine($"last sector padded with {report.PaddedBytes} zero bytes");
        }

        if (report.Verified == true)
        {
            var equal = report.Regions.Count(region => region.IsOk);
            writer.WriteLine(
                $"read back and compared: {equal} of {report.Regions.Count} regions hold the written data");
        }

        writer.WriteLine(TotalOf(report));
        writer.WriteLine($"errors {report.Errors}"
            + (report.Unsupported == "0x0" ? "" : $", unsupported {report.Unsupported}"));
    }

    /// <summary>If every region failed, the total is that of the region with the most bytes: no region holds the
    /// rest.</summary>
    private static string TotalOf(RunReport report)
    {
        var most = report.Regions.Max(region => region.Bytes);
        var isComplete = report.Regions.Any(region => region.IsOk) || most >= report.Bytes;
        var done = isComplete ? report.Bytes : most;
        return (isComplete ? $"{done} bytes in " : $"{done} of {report.Bytes} bytes in ")
            + Quantity.Seconds(report.Seconds)
            + (done > 0 ? $", {Quantity.Rate(done, report.Seconds)}" : "")
            + (report.Interrupted == true ? ", interrupted" : "");
    }

    private static void WriteRemarks(TextWriter writer, RegionReport region)
    {
        if (region.Message is not null)
        {
            var errno = region.Errno is { } number ? $" (errno {number})" : "";
            writer.WriteLine($"region {region.Index}: {region.Status}{errno}: {region.Message}");
        }

        if (region.TailBytes is { } tail)
        {
            var text = ReportConsole.TailText(region.Device, tail);
            writer.WriteLine($"region {region.Index}: {text}, and were left out");
        }

        if (region.PrefixOnly == true && region.IsOk)
        {
            writer.WriteLine($"region {region.Index}: shorter than the input, got its first {region.Count} sectors");
        }
    }
}

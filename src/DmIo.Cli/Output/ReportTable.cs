using DmIo.Actors.Scheduling;
using Spectre.Console;

namespace DmIo.Cli;

/// <summary>
/// The reports as tables. On a terminal they fit its width; in a pipe there is neither colour, nor border, nor
/// wrapping: a region keeps to its line.
/// </summary>
internal static class ReportTable
{
    private const int PipeWidth = 10_000;

    internal static void Write(TextWriter writer, bool isTerminal, RunReport report)
    {
        var table = NewTable(isTerminal, "#", "Region", "Status", "Bytes");
        table.Columns[0].RightAligned();
        table.Columns[3].RightAligned();
        foreach (var region in report.Regions)
        {
            table.AddRow(
                new Text(region.Index.ToString()),
                new Text($"{region.Device}@{region.Sector}+{region.Count}"),
                new Text(region.Status, region.Status == RegionOutcome.Ok.Status ? Color.Green : Color.Red),
                new Text(region.Bytes.ToString()));
        }

        NewConsole(writer, isTerminal).Write(table);
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
            var equal = report.Regions.Count(region => region.Status == RegionOutcome.Ok.Status);
            writer.WriteLine(
                $"read back and compared: {equal} of {report.Regions.Count} regions hold what was written");
        }

        writer.WriteLine(TotalOf(report));
        writer.WriteLine($"errors {report.Errors}"
            + (report.Unsupported == "0x0" ? "" : $", unsupported {report.Unsupported}"));
    }

    internal static void Write(TextWriter writer, bool isTerminal, DevicesReport report)
    {
        var table = NewTable(
            isTerminal, "Device", "Backend", "Mode", "Capacity", "Block", "Align", "Access", "State", "Depth", "Policy",
            "Limits", "Abilities");
        foreach (var device in report.Devices)
        {
            table.AddRow(
                new Text(device.Device),
                new Text(device.Backend),
                new Text(device.Mode),
                new Text($"{Quantity.Bytes(device.Bytes)} ({device.Sectors} sectors)"),
                new Text(Quantity.Bytes(device.BlockSize)),
                new Text(device.MemoryAlignment == 1 ? "-" : Quantity.Bytes(device.MemoryAlignment)),
                new Text(device.ReadOnly ? "read-only" : "read-write"),
                new Text(device.State),
                new Text(DepthOf(device).ToString()),
                new Text(device.Policy),
                new Text($"{Quantity.Bytes(device.MaxTransferBytes)}, {device.MaxSegments} segments"),
                new Text(AbilitiesOf(device)));
        }

        NewConsole(writer, isTerminal).Write(table);
        foreach (var device in report.Devices.Where(device => device.TailBytes is not null))
        {
            writer.WriteLine(TailText(device.Device, device.TailBytes!.Value));
        }

        foreach (var missing in report.Missing ?? [])
        {
            writer.WriteLine($"{missing.Device} is missing: {missing.Reason}");
        }
    }

    /// <summary>What a file has beside its sectors, in a sentence.</summary>
    internal static string TailText(string device, int bytes) =>
        $"the last {bytes} bytes of {device} fill no sector: they are not part of the device";

    /// <summary>Where no region is well, what the best of them has: the rest of the bytes is nowhere.</summary>
    private static string TotalOf(RunReport report)
    {
        var best = report.Regions.Max(region => region.Bytes);
        var isWell = report.Regions.Any(region => region.Status == RegionOutcome.Ok.Status) || best >= report.Bytes;
        var done = isWell ? report.Bytes : best;
        return (isWell ? $"{done} bytes in " : $"{done} of {report.Bytes} bytes in ")
            + Quantity.Seconds(report.Seconds)
            + (done > 0 ? $", {Quantity.Rate(done, report.Seconds)}" : "")
            + (report.Interrupted == true ? ", interrupted" : "");
    }

    private static QueueDepth DepthOf(DeviceReport device) => new(
        device.LeastQueueDepth,
        device.QueueDepth,
        device.LatencyTargetMilliseconds == 0 ? null : TimeSpan.FromMilliseconds(device.LatencyTargetMilliseconds));

    internal static IAnsiConsole NewConsole(TextWriter writer, bool isTerminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!isTerminal)
        {
            console.Profile.Width = PipeWidth;
        }

        return console;
    }

    internal static Table NewTable(bool isTerminal, params string[] columns)
    {
        var table = new Table { Border = isTerminal ? TableBorder.Simple : TableBorder.None };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column)));
        }

        return table;
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
            writer.WriteLine($"region {region.Index}: {TailText(region.Device, tail)}, and were left out");
        }

        if (region.PrefixOnly == true && region.Status == RegionOutcome.Ok.Status)
        {
            writer.WriteLine($"region {region.Index}: shorter than the input, got its first {region.Count} sectors");
        }
    }

    private static string AbilitiesOf(DeviceReport device)
    {
        var abilities = new List<string>();
        AddIf(device.ForceUnitAccess, "FUA");
        AddIf(device.VolatileCache, "flush");
        AddIf(device.MaxDiscardBytes > 0, "discard");
        AddIf(device.MaxWriteZeroesBytes > 0, "zeroes");
        return abilities.Count == 0 ? "-" : string.Join(", ", abilities);

        void AddIf(bool has, string ability)
        {
            if (has)
            {
                abilities.Add(ability);
            }
        }
    }
}

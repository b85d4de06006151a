using System.Globalization;
using Spectre.Console;

namespace DmIo.Cli.Reports;

/// <summary>Consoles and tables for reports: on a terminal with color, border and its width; elsewhere without color,
/// border and line breaks, so that each row is one line.</summary>
internal static class ReportConsole
{
    private const int UnboundedWidth = 10_000;

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
            console.Profile.Width = UnboundedWidth;
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

    /// <summary>Reports the bytes of a file after its last whole sector.</summary>
    internal static string TailText(string device, int bytes) =>
        $"the last {bytes} bytes of {device} fill no sector: they are not part of the device";
}

/// <summary>Formats quantities for people: about three digits, binary units, a suitable unit of time.</summary>
internal static class Quantity
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    internal static string Bytes(double bytes)
    {
        var unit = 0;
        for (; bytes >= 1023.95 && unit < Units.Length - 1; unit++)
        {
            bytes /= 1024;
        }

        var format = unit == 0 || bytes == Math.Floor(bytes) ? "0" : "0.0";
        return $"{bytes.ToString(format, CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    /// <summary>At most five letters, as in 12.3M, below 1e15.</summary>
    /// <param name="value">The number.</param>
    /// <param name="unit">1000, or 1024 for bytes.</param>
    internal static string Short(double value, int unit)
    {
        const string letters = " kMGTPE";
        var index = 0;
        for (; value >= 999.5 && index < letters.Length - 1; index++)
        {
            value /= unit;
        }

        var digits = value.ToString(index > 0 && value < 99.95 ? "0.0" : "0", CultureInfo.InvariantCulture);
        return index == 0 ? digits : $"{digits}{letters[index]}";
    }

    /// <summary>"-" for no bytes or no time.</summary>
    internal static string Rate(long bytes, double seconds) =>
        bytes == 0 || seconds <= 0 ? "-" : $"{Bytes(bytes / seconds)}/s";

    internal static string Seconds(double seconds) => seconds switch
    {
        < 0.0995 => $"{(seconds * 1000).ToString("0.0", CultureInfo.InvariantCulture)} ms",
        < 99.95 => $"{seconds.ToString("0.0", CultureInfo.InvariantCulture)} s",
        > 1e11 => $"{seconds.ToString("0e0", CultureInfo.InvariantCulture)} s",
        _ => TimeSpan.FromSeconds(Math.Round(seconds)).ToString("g", CultureInfo.InvariantCulture),
    };
}

using System.Globalization;

namespace DmIo.Cli;

/// <summary>Numbers as people read them: three digits or so, binary units, times in the unit that fits.</summary>
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

    /// <summary>Nothing can be said of no bytes, or of no time.</summary>
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

// Durations and byte sizes, with the units that Akka.NET 1.5.30 knows: those of HOCON, without "us".
// Powers of 1024: K k Ki KiB; powers of 1000: kB, MB ... Unit names are case-sensitive.

using System.Globalization;
using System.Text.RegularExpressions;

namespace Akka.Configuration.Hocon;

internal static partial class HoconUnits
{
    private static readonly (string Spellings, long Bytes)[] ByteUnits =
    [
        ("b B byte bytes", 1),
        ("K k Ki KiB kibibyte kibibytes", 1L << 10), ("kB kilobyte kilobytes", 1_000),
        ("M m Mi MiB mebibyte mebibytes", 1L << 20), ("MB megabyte megabytes", 1_000_000),
        ("G g Gi GiB gibibyte gibibytes", 1L << 30), ("GB gigabyte gigabytes", 1_000_000_000),
        ("T t Ti TiB tebibyte tebibytes", 1L << 40), ("TB terabyte terabytes", 1_000_000_000_000),
        ("P p Pi PiB pebibyte pebibytes", 1L << 50), ("PB petabyte petabytes", 1_000_000_000_000_000),
        ("E e Ei EiB exbibyte exbibytes", 1L << 60), ("EB exabyte exabytes", 1_000_000_000_000_000_000),
    ];

    /// <exception cref="FormatException">Not a duration, or a negative one.</exception>
    internal static TimeSpan Duration(string text, bool allowInfinite)
    {
        if (allowInfinite && text.Equals("infinite", StringComparison.OrdinalIgnoreCase))
        {
            return Timeout.InfiniteTimeSpan;
        }

        var match = NumberAndUnit().Match(text);
        var number = double.Parse(match.Success ? match.Groups["number"].Value : text, CultureInfo.InvariantCulture);
        if (number < 0)
        {
            throw new FormatException($"Expected a positive value instead of {number}");
        }

        return match.Groups["unit"].Value switch
        {
            "" or "ms" or "milli" or "millis" or "millisecond" or "milliseconds" => TimeSpan.FromMilliseconds(number),
            "ns" or "nano" or "nanos" or "nanosecond" or "nanoseconds" => Ticks(number, 1_000_000),
            "micro" or "micros" or "microsecond" or "microseconds" => Ticks(number, 1_000),
            "s" or "second" or "seconds" => TimeSpan.FromSeconds(number),
            "m" or "minute" or "minutes" => TimeSpan.FromMinutes(number),
            "h" or "hour" or "hours" => TimeSpan.FromHours(number),
            "d" or "day" or "days" => TimeSpan.FromDays(number),
            var unit => throw new FormatException($"{unit} is not a valid unit of time"),
        };

        static TimeSpan Ticks(double number, double perMillisecond) =>
            TimeSpan.FromTicks((long)Math.Round(TimeSpan.TicksPerMillisecond * number / perMillisecond));
    }

    /// <exception cref="FormatException">Not a byte size.</exception>
    /// <exception cref="OverflowException">More than 63 bits of bytes.</exception>
    internal static long ByteSize(string text)
    {
        var digits = text.AsSpan().LastIndexOfAnyInRange('0', '9') + 1;
        var number = long.Parse(text.AsSpan(0, digits == 0 ? text.Length : digits), CultureInfo.InvariantCulture);
        var unit = text[digits..].Trim();
        var factor = unit.Length == 0
            ? 1
            : ByteUnits.FirstOrDefault(candidate => candidate.Spellings.Split(' ').Contains(unit)).Bytes;
        return factor > 0
            ? checked(number * factor)
            : throw new FormatException($"{unit} is not a valid byte size suffix");
    }

    [GeneratedRegex("^(?<number>[0-9]+(\\.[0-9]+)?)\\s*(?<unit>[a-z]+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NumberAndUnit();
}

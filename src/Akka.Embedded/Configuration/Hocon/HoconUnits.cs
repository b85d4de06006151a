// Durations and byte sizes, with the units that Akka.NET 1.5.30 knows: those of HOCON, without "us".
// Powers of 1024: K k Ki KiB; powers of 1000: kB, MB ... Unit names are case-sensitive.

using System.Globalization;
using System.Text.RegularExpressions;

namespace Akka.Configuration.Hocon;

internal static partial class HoconUnits
{
    private const string BinaryPrefixes = "KMGTPE";

    private static readonly string[] DecimalPrefixes = ["kB", "MB", "GB", "TB", "PB", "EB"];

    private static readonly string[] DecimalNames = ["kilo", "mega", "giga", "tera", "peta", "exa"];

    private static readonly string[] BinaryNames = ["kibi", "mebi", "gibi", "tebi", "pebi", "exbi"];

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
        return checked(number * Factor(text[digits..].Trim()));
    }

    private static long Factor(string unit)
    {
        if (unit is "" or "b" or "B" or "byte" or "bytes")
        {
            return 1;
        }

        var factor = 1L;
        for (var power = 0; power < BinaryPrefixes.Length; power++)
        {
            factor *= 1024;
            var prefix = BinaryPrefixes[power];
            if (unit == $"{prefix}" || unit == $"{char.ToLowerInvariant(prefix)}" || unit == $"{prefix}i"
                || unit == $"{prefix}iB" || unit == $"{BinaryNames[power]}byte" || unit == $"{BinaryNames[power]}bytes")
            {
                return factor;
            }
        }

        factor = 1;
        for (var power = 0; power < DecimalPrefixes.Length; power++)
        {
            factor *= 1000;
            if (unit == DecimalPrefixes[power] || unit == $"{DecimalNames[power]}byte"
                || unit == $"{DecimalNames[power]}bytes")
            {
                return factor;
            }
        }

        throw new FormatException($"{unit} is not a valid byte size suffix");
    }

    [GeneratedRegex("^(?<number>[0-9]+(\\.[0-9]+)?)\\s*(?<unit>[a-z]+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NumberAndUnit();
}

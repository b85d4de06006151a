using System.Buffers;
using System.Globalization;

namespace DmIo.Actors.Configuration;

/// <summary>
/// Durations in HOCON syntax: a number and a unit, such as <c>10ms</c> or <c>1.5 s</c>. Stricter than HOCON: the unit
/// is required, since a bare number means milliseconds but is easily read as seconds.
/// </summary>
public static class DurationSyntax
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>Parses <c>NUMBER UNIT</c>, with any unit from us to d. False if the text is invalid.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        var trimmed = text.AsSpan().Trim();
        var end = trimmed.IndexOfAnyExcept(NumberCharacters);
        if (end <= 0
            || TicksOf(trimmed[end..].TrimStart()) is not { } ticks
            || !double.TryParse(
                trimmed[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number * ticks >= TimeSpan.MaxValue.Ticks)
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)Math.Round(number * ticks));
        return true;
    }

    private static long? TicksOf(ReadOnlySpan<char> unit) => unit switch
    {
        "us" or "micro" or "micros" or "microsecond" or "microseconds" => TimeSpan.TicksPerMicrosecond,
        "ms" or "milli" or "millis" or "millisecond" or "milliseconds" => TimeSpan.TicksPerMillisecond,
        "s" or "second" or "seconds" => TimeSpan.TicksPerSecond,
        "m" or "minute" or "minutes" => TimeSpan.TicksPerMinute,
        "h" or "hour" or "hours" => TimeSpan.TicksPerHour,
        "d" or "day" or "days" => TimeSpan.TicksPerDay,
        _ => null,
    };
}

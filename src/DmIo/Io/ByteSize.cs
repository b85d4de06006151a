using System.Globalization;

namespace DmIo.Io;

/// <summary>
/// A length in bytes as people write it: <c>512</c>, <c>4KiB</c>, <c>64 MiB</c>, <c>1MB</c>. Never negative when
/// parsed.
/// </summary>
/// <remarks>
/// Units as in HOCON and in the tools of Linux: K, Ki and KiB are 1024, KB is 1000; likewise M, G, T, P and E. Case
/// does not matter. Whole numbers only, since half a sector is nothing. <c>Parse(size.ToString())</c> is <c>size</c>.
/// </remarks>
/// <param name="Value">How many bytes.</param>
public readonly record struct ByteSize(long Value)
{
    private const string Prefixes = "KMGTPE";

    /// <summary>Reads <c>NUMBER[UNIT]</c>.</summary>
    /// <exception cref="FormatException">It is not one; the message names the text and what would do.</exception>
    public static ByteSize Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Read(text, out var size) is { } fault ? throw new FormatException(fault) : size;
    }

    /// <summary>Reads <c>NUMBER[UNIT]</c>; false where it is not one.</summary>
    public static bool TryParse(string? text, out ByteSize size)
    {
        size = default;
        return text is not null && Read(text, out size) is null;
    }

    /// <summary>In the largest binary unit that needs no fraction: <c>1536</c>, <c>4KiB</c>, <c>1MiB</c>.</summary>
    public override string ToString()
    {
        var number = Value;
        var unit = 0;
        for (; number != 0 && number % 1024 == 0; unit++)
        {
            number /= 1024;
        }

        return unit == 0 ? number.ToString() : $"{number}{Prefixes[unit - 1]}iB";
    }

    private static string? Read(string text, out ByteSize size)
    {
        size = default;
        var trimmed = text.AsSpan().Trim();
        var digits = trimmed.IndexOfAnyExceptInRange('0', '9');
        digits = digits < 0 ? trimmed.Length : digits;
        if (digits == 0 || FactorOf(trimmed[digits..].TrimStart()) is not { } factor)
        {
            return $"'{text}' is not a size in bytes. Write a whole number and, if you like, a unit: 512, 4KiB, 64MiB, "
                + "2GiB (powers of 1024), or 4KB, 64MB, 2GB (powers of 1000).";
        }

        if (!long.TryParse(trimmed[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number > long.MaxValue / factor)
        {
            return $"'{text}' is more than a size can be, which is {long.MaxValue} bytes.";
        }

        size = new ByteSize(number * factor);
        return null;
    }

    private static long? FactorOf(ReadOnlySpan<char> unit)
    {
        if (unit.IsEmpty || unit.Equals("B", StringComparison.OrdinalIgnoreCase))
        {
            return 1;
        }

        var power = Prefixes.IndexOf(char.ToUpperInvariant(unit[0])) + 1;
        var rest = unit[1..];
        var isBinary = rest.IsEmpty || rest.Equals("i", StringComparison.OrdinalIgnoreCase)
            || rest.Equals("iB", StringComparison.OrdinalIgnoreCase);
        if (power == 0 || (!isBinary && !rest.Equals("B", StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        var factor = 1L;
        for (; power > 0; power--)
        {
            factor *= isBinary ? 1024 : 1000;
        }

        return factor;
    }
}

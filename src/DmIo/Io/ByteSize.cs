using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DmIo.Io;

/// <summary>
/// A size or capacity in bytes, never negative. Created by a method that names the unit, such as <see cref="FromMiB"/>;
/// there is no conversion from a number. The text form is the one of HOCON and the command line: <c>512</c>,
/// <c>4KiB</c>, <c>64 MiB</c>, <c>1MB</c>. The JSON form is the number of bytes.
/// </summary>
/// <remarks>
/// The units in text are those of the Linux tools: K, Ki and KiB are 1024, KB is 1000; likewise M, G, T, P and E, in
/// upper or lower case. Only whole numbers are allowed. <c>Parse(size.ToString())</c> is <c>size</c>.
/// </remarks>
[JsonConverter(typeof(NumberOfBytes))]
public readonly record struct ByteSize : IComparable<ByteSize>
{
    private const string Prefixes = "KMGTPE";

    private ByteSize(long bytes) => Bytes = bytes;

    /// <summary>The number of bytes, 0 or more.</summary>
    public long Bytes { get; }

    /// <summary>The number of whole sectors of 512 bytes; a remainder is not counted.</summary>
    public SectorCount Sectors => Bytes / Sector.SizeBytes;

    /// <summary>The size is a multiple of 512 bytes.</summary>
    public bool IsWholeSectors => Bytes % Sector.SizeBytes == 0;

    public static bool operator <(ByteSize left, ByteSize right) => left.Bytes < right.Bytes;

    public static bool operator >(ByteSize left, ByteSize right) => left.Bytes > right.Bytes;

    public static bool operator <=(ByteSize left, ByteSize right) => left.Bytes <= right.Bytes;

    public static bool operator >=(ByteSize left, ByteSize right) => left.Bytes >= right.Bytes;

    /// <summary>Creates a size from a number of bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static ByteSize FromBytes(long bytes) => From(bytes, 1, nameof(bytes));

    /// <summary>Creates a size from a number of KiB (1024 bytes).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative, or the size exceeds 2^63 - 1
    /// bytes.</exception>
    public static ByteSize FromKiB(long number) => From(number, 1L << 10, nameof(number));

    /// <summary>Creates a size from a number of MiB (1024 KiB).</summary>
    /// <inheritdoc cref="FromKiB"/>
    public static ByteSize FromMiB(long number) => From(number, 1L << 20, nameof(number));

    /// <summary>Creates a size from a number of GiB (1024 MiB).</summary>
    /// <inheritdoc cref="FromKiB"/>
    public static ByteSize FromGiB(long number) => From(number, 1L << 30, nameof(number));

    /// <summary>Creates a size from a number of sectors of 512 bytes.</summary>
    /// <inheritdoc cref="FromKiB"/>
    public static ByteSize FromSectors(SectorCount count) => From(count.Value, Sector.SizeBytes, nameof(count));

    /// <summary>Returns the smaller of two sizes.</summary>
    public static ByteSize Min(ByteSize left, ByteSize right) => left < right ? left : right;

    /// <summary>Parses <c>NUMBER[UNIT]</c>.</summary>
    /// <exception cref="FormatException">The text is not a size; the message contains the text and examples of valid
    /// sizes.</exception>
    public static ByteSize Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Read(text, out var size) is { } fault ? throw new FormatException(fault) : size;
    }

    /// <summary>Parses <c>NUMBER[UNIT]</c>; returns false if the text is not a size.</summary>
    public static bool TryParse(string? text, out ByteSize size)
    {
        size = default;
        return text is not null && Read(text, out size) is null;
    }

    /// <inheritdoc/>
    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    /// <summary>Formats the size in the largest binary unit that needs no fraction: <c>1536</c>, <c>4KiB</c>,
    /// <c>1MiB</c>.</summary>
    public override string ToString()
    {
        var number = Bytes;
        var unit = 0;
        for (; number != 0 && number % 1024 == 0; unit++)
        {
            number /= 1024;
        }

        var digits = number.ToString(CultureInfo.InvariantCulture);
        return unit == 0 ? digits : $"{digits}{Prefixes[unit - 1]}iB";
    }

    private static ByteSize From(long number, long factor, string parameter)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number, parameter);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, long.MaxValue / factor, parameter);
        return new ByteSize(number * factor);
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

    /// <summary>The JSON form: the number of bytes.</summary>
    internal sealed class NumberOfBytes : JsonConverter<ByteSize>
    {
        public override ByteSize Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var bytes) && bytes >= 0
                ? new ByteSize(bytes)
                : throw new JsonException("A size is a whole number of bytes, 0 or more.");

        public override void Write(Utf8JsonWriter writer, ByteSize value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.Bytes);
    }
}

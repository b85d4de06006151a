using System.Globalization;

namespace DmIo.Io;

/// <summary>
/// Where I/O goes: a device, its first sector, and how many sectors. Linux dm-io's <c>struct dm_io_region</c>. Any
/// values can be written down here; whether a request of them makes sense is judged when it is made.
/// </summary>
/// <param name="Device">The name under which the device is attached to the service.</param>
/// <param name="Start">The first sector.</param>
/// <param name="Count">
/// How many sectors; 0 means that this region is skipped with its error bit clear (but a flush reaches it).
/// </param>
public readonly record struct IoRegion(string Device, Sector Start, SectorCount Count)
{
    /// <summary>
    /// Do both name sectors of the same device in common? Right for all values: a distance between two sectors always
    /// fits 64 bits without a sign, so nothing overflows. Empty and negative counts overlap nothing.
    /// </summary>
    public bool Overlaps(in IoRegion other) =>
        string.Equals(Device, other.Device, StringComparison.Ordinal) && OverlapsOnDevice(other);

    /// <summary><see cref="Overlaps"/> where both are known to name one device.</summary>
    internal bool OverlapsOnDevice(in IoRegion other) =>
        Count.Value > 0 && other.Count.Value > 0
        && (Start <= other.Start
            ? Distance(Start, other.Start) < (ulong)Count.Value
            : Distance(other.Start, Start) < (ulong)other.Count.Value);

    /// <summary>Reads <c>DEVICE@SECTOR+COUNT</c>; the last <c>@</c> ends the device. See
    /// <see cref="RegionSyntax"/>.</summary>
    /// <exception cref="FormatException">It is not one; the message names the text, the fault and what would
    /// do.</exception>
    public static IoRegion Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Read(text, out var region) is { } fault ? throw new FormatException(fault) : region;
    }

    /// <summary>Reads <c>DEVICE@SECTOR+COUNT</c>; false where it is not one.</summary>
    public static bool TryParse(string? text, out IoRegion region)
    {
        region = default;
        return text is not null && Read(text, out region) is null;
    }

    /// <summary><c>DEVICE@SECTOR+COUNT</c>, as the command line writes it.</summary>
    public override string ToString() => $"{Device}@{Start}+{Count}";

    private static string? Read(string text, out IoRegion region)
    {
        region = default;
        if (RegionSyntax.Read(text, out var syntax) is { } fault)
        {
            return fault;
        }

        if (syntax.Count is not { } count)
        {
            return $"'{text}' says no count. Write DEVICE@SECTOR+COUNT, as in {text}+8.";
        }

        region = new IoRegion(syntax.Device, syntax.Start, count);
        return null;
    }

    private static ulong Distance(Sector from, Sector to) => unchecked((ulong)to.Value - (ulong)from.Value);
}

/// <summary>
/// A region as people write it: <c>DEVICE@SECTOR+COUNT</c>, or <c>DEVICE@SECTOR</c> where the count follows from
/// something else. A device may have <c>@</c> and <c>+</c> in its name (it may be a path): the last <c>@</c> ends it.
/// </summary>
/// <param name="Device">What stands before the last <c>@</c>; not empty.</param>
/// <param name="Start">The first sector, not negative.</param>
/// <param name="Count">How many sectors, 0 to <see cref="SectorCount.MaxValue"/>; null where none is written.</param>
public readonly record struct RegionSyntax(string Device, Sector Start, SectorCount? Count)
{
    private const string Shape = "Write DEVICE@SECTOR+COUNT or DEVICE@SECTOR, in sectors of 512 bytes: disk1@2048+8.";

    /// <summary>Reads a region whose count may be left out.</summary>
    /// <exception cref="FormatException">It is not one; the message names the text, the fault and what would
    /// do.</exception>
    public static RegionSyntax Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Read(text, out var region) is { } fault ? throw new FormatException(fault) : region;
    }

    /// <summary>Reads a region whose count may be left out; false where it is not one.</summary>
    public static bool TryParse(string? text, out RegionSyntax region)
    {
        region = default;
        return text is not null && Read(text, out region) is null;
    }

    /// <summary>As it is read.</summary>
    public override string ToString() => Count is { } count ? $"{Device}@{Start}+{count}" : $"{Device}@{Start}";

    internal static string? Read(string text, out RegionSyntax region)
    {
        region = default;
        var at = text.LastIndexOf('@');
        if (at <= 0)
        {
            return at < 0
                ? $"'{text}' names no sector: there is no '@'. {Shape}"
                : $"'{text}' names no device before the '@'. {Shape}";
        }

        var range = text.AsSpan(at + 1);
        var plus = range.IndexOf('+');
        var startText = plus < 0 ? range : range[..plus];
        if (!TryReadNumber(startText, out var start))
        {
            return $"'{startText}' in '{text}' is not a sector: a whole number from 0 to {long.MaxValue}. {Shape}";
        }

        SectorCount? count = null;
        if (plus >= 0)
        {
            if (!TryReadNumber(range[(plus + 1)..], out var number) || number > SectorCount.MaxValue)
            {
                return $"'{range[(plus + 1)..]}' in '{text}' is not a sector count: a whole number from 0 to "
                    + $"{SectorCount.MaxValue}. {Shape}";
            }

            count = number;
        }

        region = new RegionSyntax(text[..at], start, count);
        return null;
    }

    /// <summary>Digits only: no sign, no space, and none of the trailing NULs that .NET's own parsing lets
    /// pass.</summary>
    private static bool TryReadNumber(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        return !text.ContainsAnyExceptInRange('0', '9')
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}

using System.Globalization;

namespace DmIo.Io;

/// <summary>
/// The target of I/O: a device, a first sector, and a number of sectors (Linux dm-io: <c>struct dm_io_region</c>). All
/// values are accepted here; they are validated when a request is made.
/// </summary>
/// <param name="Device">The name under which the device is attached to the service.</param>
/// <param name="Start">The first sector.</param>
/// <param name="Count"> The number of sectors; 0: the region is skipped, with its error bit clear (but a flush reaches
/// its device).
/// </param>
public readonly record struct IoRegion(string Device, Sector Start, SectorCount Count)
{
    /// <summary>
    /// Returns whether both regions are on the same device and share sectors. Correct for all values: the distance
    /// between two sectors always fits in 64 unsigned bits, so nothing overflows. A region with an empty or negative
    /// count overlaps no other region.
    /// </summary>
    public bool Overlaps(in IoRegion other) =>
        string.Equals(Device, other.Device, StringComparison.Ordinal) && OverlapsOnDevice(other);

    /// <summary><see cref="Overlaps"/> for two regions that are known to be on the same device.</summary>
    internal bool OverlapsOnDevice(in IoRegion other) =>
        Count.Value > 0 && other.Count.Value > 0
        && (Start <= other.Start
            ? Distance(Start, other.Start) < (ulong)Count.Value
            : Distance(other.Start, Start) < (ulong)other.Count.Value);

    /// <summary>Parses <c>DEVICE@SECTOR+COUNT</c>; the last <c>@</c> ends the device name. See
    /// <see cref="RegionSyntax"/>.</summary>
    /// <exception cref="FormatException">The text is not a region; the message names the text, the fault and the valid
    /// form.</exception>
    public static IoRegion Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Read(text, out var region) is { } fault ? throw new FormatException(fault) : region;
    }

    /// <summary>Parses <c>DEVICE@SECTOR+COUNT</c>; returns false if the text is not a region.</summary>
    public static bool TryParse(string? text, out IoRegion region)
    {
        region = default;
        return text is not null && Read(text, out region) is null;
    }

    /// <summary>Formats the region as <c>DEVICE@SECTOR+COUNT</c>, as on the command line.</summary>
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
/// The text form of a region: <c>DEVICE@SECTOR+COUNT</c>, or <c>DEVICE@SECTOR</c> if the count is determined otherwise.
/// The name of a device (for example a path) may contain <c>@</c> and <c>+</c>: the last <c>@</c> ends the name.
/// </summary>
/// <param name="Device">The name of the device: the text before the last <c>@</c>; not empty.</param>
/// <param name="Start">The first sector, not negative.</param>
/// <param name="Count">The number of sectors, 0 to <see cref="SectorCount.MaxValue"/>; null if the text has no
/// count.</param>
public readonly record struct RegionSyntax(string Device, Sector Start, SectorCount? Count)
{
    private const string Shape = "Write DEVICE@SECTOR+COUNT or DEVICE@SECTOR, in sectors of 512 bytes: disk1@2048+8.";

    /// <summary>Parses a region whose count may be omitted.</summary>
    /// <exception cref="FormatException">The text is not a region; the message names the text, the fault and the valid
    /// form.</exception>
    public static RegionSyntax Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Read(text, out var region) is { } fault ? throw new FormatException(fault) : region;
    }

    /// <summary>Parses a region whose count may be omitted; returns false if the text is not a region.</summary>
    public static bool TryParse(string? text, out RegionSyntax region)
    {
        region = default;
        return text is not null && Read(text, out region) is null;
    }

    /// <summary>Formats the region in the form that Parse accepts.</summary>
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

    /// <summary>Accepts digits only: no sign, no space, and no trailing NULs, which the parsing of .NET
    /// accepts.</summary>
    private static bool TryReadNumber(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        return !text.ContainsAnyExceptInRange('0', '9')
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}

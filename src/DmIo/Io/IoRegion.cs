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

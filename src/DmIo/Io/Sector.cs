namespace DmIo.Io;

/// <summary>An address on a device, in sectors of 512 bytes, whatever the device's own block size.</summary>
/// <param name="Value">Sectors from the beginning of the device. A request with a negative one is refused.</param>
public readonly record struct Sector(long Value) : IComparable<Sector>
{
    /// <summary>Bytes in a sector: 512, as everywhere in the Linux block layer.</summary>
    public const int SizeBytes = 512;

    /// <summary>The number as an address, so that <c>new IoRegion("disk", 0, 8)</c> reads well.</summary>
    public static implicit operator Sector(long value) => new(value);

    public static bool operator <(Sector left, Sector right) => left.Value < right.Value;

    public static bool operator >(Sector left, Sector right) => left.Value > right.Value;

    public static bool operator <=(Sector left, Sector right) => left.Value <= right.Value;

    public static bool operator >=(Sector left, Sector right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(Sector other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();
}

/// <summary>A length in sectors of 512 bytes.</summary>
/// <param name="Value">
/// How many sectors. A request with a negative number, or one above <see cref="MaxValue"/>, is refused.
/// </param>
public readonly record struct SectorCount(long Value) : IComparable<SectorCount>
{
    /// <summary>The longest range whose bytes still fit in 64 bits.</summary>
    public const long MaxValue = long.MaxValue / Sector.SizeBytes;

    /// <summary>The length in bytes. <see cref="OverflowException"/> above <see cref="MaxValue"/>.</summary>
    public long Bytes => checked(Value * Sector.SizeBytes);

    /// <summary>The number as a length.</summary>
    public static implicit operator SectorCount(long value) => new(value);

    public static bool operator <(SectorCount left, SectorCount right) => left.Value < right.Value;

    public static bool operator >(SectorCount left, SectorCount right) => left.Value > right.Value;

    public static bool operator <=(SectorCount left, SectorCount right) => left.Value <= right.Value;

    public static bool operator >=(SectorCount left, SectorCount right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(SectorCount other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();
}

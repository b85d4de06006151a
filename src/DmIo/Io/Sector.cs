namespace DmIo.Io;

/// <summary>An address on a device, in sectors of 512 bytes, regardless of the block size of the device.</summary>
/// <param name="Value">The number of sectors from the beginning of the device. A request with a negative number is
/// refused.</param>
public readonly record struct Sector(long Value) : IComparable<Sector>
{
    /// <summary>The bytes of a sector: 512, as everywhere in the Linux block layer.</summary>
    public const int SizeBytes = 512;

    /// <summary>Converts a number to an address, so that <c>new IoRegion("disk", 0, 8)</c> needs no
    /// conversion.</summary>
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
/// <param name="Value"> The number of sectors. A request with a negative number, or one above <see cref="MaxValue"/>,
/// is refused.
/// </param>
public readonly record struct SectorCount(long Value) : IComparable<SectorCount>
{
    /// <summary>The longest range whose length in bytes fits in a signed 64-bit integer.</summary>
    public const long MaxValue = long.MaxValue / Sector.SizeBytes;

    /// <summary>The length in bytes. Throws <see cref="OverflowException"/> above <see cref="MaxValue"/>.</summary>
    public long Bytes => checked(Value * Sector.SizeBytes);

    /// <summary>Converts a number to a length.</summary>
    public static implicit operator SectorCount(long value) => new(value);

    public static bool operator <(SectorCount left, SectorCount right) => left.Value < right.Value;

    public static bool operator >(SectorCount left, SectorCount right) => left.Value > right.Value;

    public static bool operator <=(SectorCount left, SectorCount right) => left.Value <= right.Value;

    public static bool operator >=(SectorCount left, SectorCount right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(SectorCount other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();
}

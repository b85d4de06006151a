using DmIo.Volumes.Record;

namespace DmIo.Volumes.Maps;

/// <summary>Consecutive regions of a volume: 64 KiB each in missed maps and resynchronization, or 4 MiB (extents) in
/// active maps.</summary>
/// <param name="First">The first region.</param>
/// <param name="Count">The number of regions, 0 or more.</param>
internal readonly record struct RegionRange(long First, long Count)
{
    /// <summary>A region of a missed map has 64 KiB.</summary>
    public const int RegionShift = LegGeometry.RegionShift;

    /// <summary>An extent, which is a bit of an active map, has 4 MiB.</summary>
    public const int ExtentShift = LegGeometry.ExtentShift;

    /// <summary>The regions of one extent.</summary>
    public const int RegionsPerExtent = 1 << (ExtentShift - RegionShift);

    /// <summary>The region after the last one.</summary>
    public long End => First + Count;

    /// <summary>The regions that a range of bytes touches, also in part.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">The number of bytes; 0: no region.</param>
    /// <param name="shift">The size of a region, as a power of two: <see cref="RegionShift"/> or
    /// <see cref="ExtentShift"/>.</param>
    public static RegionRange Touching(ulong offset, ulong length, int shift)
    {
        Invariant.Require(length <= ulong.MaxValue - offset);
        var first = offset >> shift;
        return length == 0
            ? new RegionRange((long)first, 0)
            : new RegionRange((long)first, (long)(((offset + length - 1) >> shift) - first + 1));
    }

    /// <summary>The regions that a range of bytes covers wholly; possibly none.</summary>
    /// <inheritdoc cref="Touching"/>
    public static RegionRange Within(ulong offset, ulong length, int shift)
    {
        Invariant.Require(length <= ulong.MaxValue - offset);
        var first = (offset >> shift) + ((offset & ((1UL << shift) - 1)) == 0 ? 0UL : 1UL);
        var end = (offset + length) >> shift;
        return new RegionRange((long)first, end <= first ? 0 : (long)(end - first));
    }

    public override string ToString() => $"{First}+{Count}";
}

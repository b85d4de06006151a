namespace DmIo.Memory;

/// <summary>
/// An ordered sequence of page segments, with a position (Linux dm-io: <c>DM_IO_BIO</c>, a <c>bio_vec</c> array and an
/// iterator). The vector is built once; <see cref="Slice"/> then returns any portion of it, for example for another
/// device, in O(log n) and without rebuilding: all slices share one vector.
/// </summary>
public sealed class BioVector : IoMemory
{
    private readonly Memory<byte>[] segments;

    // starts[i]: bytes before segment i in the whole vector. Strictly ascending, since empty segments are left out.
    private readonly long[] starts;
    private readonly SegmentRange range;

    /// <summary>Builds a vector. Empty segments are omitted.</summary>
    /// <param name="segments">The segments; read only during construction.</param>
    public BioVector(IReadOnlyList<BioSegment> segments)
    {
        ArgumentNullException.ThrowIfNull(segments);
        this.segments = segments.Where(segment => segment.LengthBytes > 0).Select(segment => segment.Memory).ToArray();
        starts = new long[this.segments.Length];
        for (var index = 0; index < starts.Length; index++)
        {
            starts[index] = LengthBytes;
            LengthBytes += this.segments[index].Length;
        }

        range = RangeOf(0, LengthBytes);
    }

    private BioVector(BioVector origin, long positionBytes, long lengthBytes)
    {
        segments = origin.segments;
        starts = origin.starts;
        PositionBytes = positionBytes;
        LengthBytes = lengthBytes;
        range = RangeOf(positionBytes, lengthBytes);
    }

    /// <summary>The position of the first byte of this portion in the original vector.</summary>
    public long PositionBytes { get; }

    /// <inheritdoc/>
    public override long LengthBytes { get; }

    /// <inheritdoc/>
    public override int SegmentCount => range.Count;

    /// <inheritdoc/>
    public override Memory<byte> GetSegment(int index) => range.Trim(segments[range.IndexInWhole(index)], index);

    /// <inheritdoc/>
    public override SegmentPosition Locate(long positionBytes)
    {
        RequirePosition(positionBytes);
        return positionBytes == LengthBytes
            ? new SegmentPosition(SegmentCount, 0)
            : range.InSlice(LocateInWhole(PositionBytes + positionBytes));
    }

    /// <summary>Returns the portion that begins at <paramref name="offsetBytes"/>; it shares the segments of this
    /// vector.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The portion does not lie within this vector.</exception>
    public override BioVector Slice(long offsetBytes, long lengthBytes)
    {
        RequireRange(offsetBytes, lengthBytes);
        return new BioVector(this, PositionBytes + offsetBytes, lengthBytes);
    }

    private SegmentRange RangeOf(long positionBytes, long lengthBytes) => lengthBytes == 0
        ? default
        : new SegmentRange(LocateInWhole(positionBytes), LocateInWhole(positionBytes + lengthBytes - 1));

    private SegmentPosition LocateInWhole(long positionBytes)
    {
        var found = Array.BinarySearch(starts, positionBytes);
        var index = found >= 0 ? found : ~found - 1;
        return new SegmentPosition(index, (int)(positionBytes - starts[index]));
    }
}

/// <summary>A contiguous part of a page or of other memory (Linux: <c>struct bio_vec</c>).</summary>
public readonly record struct BioSegment
{
    /// <summary>Creates a segment of <paramref name="lengthBytes"/> bytes of the page, from
    /// <paramref name="offsetBytes"/> on.</summary>
    /// <param name="page">The page: memory of 4096 bytes or any other length.</param>
    /// <param name="offsetBytes">The first byte of the segment in the page: 0 to the length of the page.</param>
    /// <param name="lengthBytes">The length of the segment: 0 to the number of bytes after the offset.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range does not lie within the page.</exception>
    public BioSegment(Memory<byte> page, int offsetBytes, int lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offsetBytes, page.Length);
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, page.Length - offsetBytes);
        Page = page;
        OffsetBytes = offsetBytes;
        LengthBytes = lengthBytes;
    }

    /// <summary>The page that contains the segment.</summary>
    public Memory<byte> Page { get; }

    /// <summary>The position of the first byte of the segment in the page.</summary>
    public int OffsetBytes { get; }

    /// <summary>The length in bytes.</summary>
    public int LengthBytes { get; }

    /// <summary>The bytes of the segment.</summary>
    public Memory<byte> Memory => Page.Slice(OffsetBytes, LengthBytes);
}

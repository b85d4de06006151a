namespace DmIo.Memory;

/// <summary>
/// Segments of pages, in order, with a position in them. Linux dm-io's <c>DM_IO_BIO</c>: a <c>bio_vec</c> array and an
/// iterator. Built once; <see cref="Slice"/> then names any portion of it, for another device perhaps, in O(log n) and
/// without rebuilding: all slices share one vector.
/// </summary>
public sealed class BioVector : IoMemory
{
    private readonly Memory<byte>[] segments;

    // starts[i]: bytes before segment i in the whole vector. Strictly ascending, since empty segments are left out.
    private readonly long[] starts;
    private readonly SegmentRange range;

    /// <summary>The whole of a vector. Empty segments are left out.</summary>
    /// <param name="segments">Read once, here.</param>
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

    /// <summary>Where in the vector as it was built this portion of it begins.</summary>
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

    /// <summary>The portion of this one that begins at <paramref name="offsetBytes"/>, sharing its segments.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The portion does not lie within this one.</exception>
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

/// <summary>A contiguous piece of a page, or of any other memory. Linux's <c>struct bio_vec</c>.</summary>
public readonly record struct BioSegment
{
    /// <summary><paramref name="lengthBytes"/> bytes of the page, from <paramref name="offsetBytes"/> on.</summary>
    /// <param name="page">4096 bytes, or any number of them.</param>
    /// <param name="offsetBytes">0 to the page's length.</param>
    /// <param name="lengthBytes">0 to what the page has behind the offset.</param>
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

    /// <summary>The page that the segment is a piece of.</summary>
    public Memory<byte> Page { get; }

    /// <summary>Where in the page it begins.</summary>
    public int OffsetBytes { get; }

    /// <summary>Its length.</summary>
    public int LengthBytes { get; }

    /// <summary>The bytes of the segment.</summary>
    public Memory<byte> Memory => Page.Slice(OffsetBytes, LengthBytes);
}

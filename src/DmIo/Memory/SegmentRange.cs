namespace DmIo.Memory;

/// <summary>
/// Which segments of a sequence a slice of it consists of: whole ones, but for the first, which may begin late, and
/// the last, which may end early. Knows positions only; the segments stay where they are, so slicing copies nothing.
/// </summary>
internal readonly struct SegmentRange
{
    private readonly SegmentPosition first;
    private readonly SegmentPosition last;

    /// <summary>From the byte at <paramref name="first"/> to the byte at <paramref name="last"/>, inclusive.</summary>
    public SegmentRange(SegmentPosition first, SegmentPosition last)
    {
        this.first = first;
        this.last = last;
        Count = last.Index - first.Index + 1;
    }

    /// <summary>Segments in the slice; 0 in <c>default</c>, the empty slice.</summary>
    public int Count { get; }

    /// <summary>The segment's index in the whole sequence, by its index in the slice.</summary>
    public int IndexInWhole(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return first.Index + index;
    }

    /// <summary>A place of the whole sequence, which must lie in the slice, as a place of the slice.</summary>
    public SegmentPosition InSlice(SegmentPosition place) => place.Index == first.Index
        ? new SegmentPosition(0, place.OffsetBytes - first.OffsetBytes)
        : new SegmentPosition(place.Index - first.Index, place.OffsetBytes);

    /// <summary>
    /// What of the whole <paramref name="segment"/>, at <paramref name="index"/> in the slice, belongs to it.
    /// </summary>
    public Memory<byte> Trim(Memory<byte> segment, int index)
    {
        var start = index == 0 ? first.OffsetBytes : 0;
        var end = index == Count - 1 ? last.OffsetBytes + 1 : segment.Length;
        return segment[start..end];
    }
}

namespace DmIo.Memory;

/// <summary>
/// A position in an <see cref="IoMemory"/>, from which the next bytes are taken as segments, in order; copies nothing
/// and allocates nothing. A mutable struct with a single owner; a copy of the struct saves the position. Invariant:
/// <c>Position + RemainingBytes == memory.LengthBytes</c>.
/// </summary>
public struct SegmentCursor
{
    private readonly IoMemory memory;
    private int segmentIndex;
    private int segmentOffset;

    /// <summary>Creates a cursor at the first byte.</summary>
    public SegmentCursor(IoMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        this.memory = memory;
        RemainingBytes = memory.LengthBytes;
    }

    /// <summary>The number of bytes from the position to the end.</summary>
    public long RemainingBytes { get; private set; }

    /// <summary>The number of bytes from the beginning to the position.</summary>
    public readonly long Position => memory.LengthBytes - RemainingBytes;

    /// <summary>Moves back to the first byte.</summary>
    public void Rewind() => this = new SegmentCursor(memory);

    /// <summary>
    /// Appends the next segments to <paramref name="batch"/> and moves past them: at most
    /// <paramref name="maxBytes"/>
    /// bytes in at most <paramref name="maxSegments"/> segments. Returns the bytes taken; 0 only at the end or for a
    /// limit of 0.
    /// </summary>
    public long Take(SegmentBatch batch, long maxBytes, int maxSegments)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var taken = 0L;
        for (var segments = 0; segments < maxSegments && taken < maxBytes && RemainingBytes > 0;)
        {
            var segment = TakeSegment(maxBytes - taken);
            if (!segment.IsEmpty)
            {
                batch.Add(segment);
                segments++;
                taken += segment.Length;
            }
            else if (segmentIndex >= memory.SegmentCount)
            {
                // A memory of a caller's own type with a wrong length would make this loop endless.
                throw new InvalidOperationException(
                    $"The memory says that it has {memory.LengthBytes} bytes; its segments have fewer.");
            }
        }

        return taken;
    }

    /// <summary>Moves forward by <paramref name="bytes"/>, at most to the end; a negative number has no
    /// effect.</summary>
    public void Skip(long bytes) => Seek(Position + Math.Clamp(bytes, 0, RemainingBytes));

    /// <summary>
    /// Moves to the byte at <paramref name="positionBytes"/> (0 to the length of the memory), at the cost of
    /// <see cref="IoMemory.Locate"/>.
    /// </summary>
    public void Seek(long positionBytes)
    {
        (segmentIndex, segmentOffset) = memory.Locate(positionBytes);
        RemainingBytes = memory.LengthBytes - positionBytes;
    }

    private Memory<byte> TakeSegment(long maxBytes)
    {
        var segment = memory.GetSegment(segmentIndex)[segmentOffset..];
        if (segment.Length <= maxBytes)
        {
            segmentIndex++;
            segmentOffset = 0;
        }
        else
        {
            segment = segment[..(int)maxBytes];
            segmentOffset += segment.Length;
        }

        RemainingBytes -= segment.Length;
        return segment;
    }
}

/// <summary>The position of a byte of an <see cref="IoMemory"/>, by segment.</summary>
/// <param name="Index">The index of the segment; <see cref="IoMemory.SegmentCount"/> for the position after the last
/// byte.</param>
/// <param name="OffsetBytes">The index of the byte in the segment.</param>
public readonly record struct SegmentPosition(int Index, int OffsetBytes);

/// <summary>
/// The segments of a sequence that a slice of it consists of. All segments are whole, except that the first may begin
/// late and the last may end early. The range holds only positions, so slicing copies nothing.
/// </summary>
internal readonly struct SegmentRange
{
    private readonly SegmentPosition first;
    private readonly SegmentPosition last;

    /// <summary>Creates the range from the byte at <paramref name="first"/> to the byte at <paramref name="last"/>,
    /// inclusive.</summary>
    public SegmentRange(SegmentPosition first, SegmentPosition last)
    {
        this.first = first;
        this.last = last;
        Count = last.Index - first.Index + 1;
    }

    /// <summary>The number of segments in the slice; 0 in <c>default</c>, the empty slice.</summary>
    public int Count { get; }

    /// <summary>Returns the index of a segment in the whole sequence, from its index in the slice.</summary>
    public int IndexInWhole(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return first.Index + index;
    }

    /// <summary>Converts a position in the whole sequence, which must lie in the slice, to a position in the
    /// slice.</summary>
    public SegmentPosition InSlice(SegmentPosition place) => place.Index == first.Index
        ? new SegmentPosition(0, place.OffsetBytes - first.OffsetBytes)
        : new SegmentPosition(place.Index - first.Index, place.OffsetBytes);

    /// <summary>
    /// Returns the part of the whole <paramref name="segment"/>, at <paramref name="index"/> in the slice, that belongs
    /// to the slice.
    /// </summary>
    public Memory<byte> Trim(Memory<byte> segment, int index)
    {
        var start = index == 0 ? first.OffsetBytes : 0;
        var end = index == Count - 1 ? last.OffsetBytes + 1 : segment.Length;
        return segment[start..end];
    }
}

namespace DmIo.Memory;

/// <summary>
/// A place in an <see cref="IoMemory"/>: takes the next bytes as segments, in order; copies nothing and allocates
/// nothing. A mutable struct with a single owner; a copy of it is a bookmark. Invariant: <c>Position + RemainingBytes
/// == memory.LengthBytes</c>.
/// </summary>
public struct SegmentCursor
{
    private readonly IoMemory memory;
    private int segmentIndex;
    private int segmentOffset;

    /// <summary>A cursor at the first byte.</summary>
    public SegmentCursor(IoMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        this.memory = memory;
        RemainingBytes = memory.LengthBytes;
    }

    /// <summary>Bytes between here and the end.</summary>
    public long RemainingBytes { get; private set; }

    /// <summary>Bytes between the beginning and here.</summary>
    public readonly long Position => memory.LengthBytes - RemainingBytes;

    /// <summary>Back to the first byte.</summary>
    public void Rewind() => this = new SegmentCursor(memory);

    /// <summary>
    /// Appends the next segments to <paramref name="batch"/> and moves behind them: at most
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
            var piece = TakePiece(maxBytes - taken);
            if (!piece.IsEmpty)
            {
                batch.Add(piece);
                segments++;
                taken += piece.Length;
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

    /// <summary>Moves on by <paramref name="bytes"/>, at most to the end; not at all for a negative number.</summary>
    public void Skip(long bytes) => Seek(Position + Math.Clamp(bytes, 0, RemainingBytes));

    /// <summary>
    /// To the byte at <paramref name="positionBytes"/> (0 to the memory's length), as fast as
    /// <see cref="IoMemory.Locate"/>.
    /// </summary>
    public void Seek(long positionBytes)
    {
        (segmentIndex, segmentOffset) = memory.Locate(positionBytes);
        RemainingBytes = memory.LengthBytes - positionBytes;
    }

    private Memory<byte> TakePiece(long maxBytes)
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

/// <summary>A byte of an <see cref="IoMemory"/>, by segment.</summary>
/// <param name="Index">Which segment; <see cref="IoMemory.SegmentCount"/> for the place behind the last byte.</param>
/// <param name="OffsetBytes">Which byte of the segment.</param>
public readonly record struct SegmentPosition(int Index, int OffsetBytes);

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

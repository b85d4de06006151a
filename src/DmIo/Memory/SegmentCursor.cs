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
                // Of a caller's own making: without this, one that lies would keep us here for ever.
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

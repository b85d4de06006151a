namespace DmIo.Memory;

/// <summary>
/// The memory of a request: one of dm-io's three kinds (<see cref="PageList"/>, <see cref="BioVector"/>,
/// <see cref="VirtualBuffer"/>) or any <see cref="Memory{T}"/>. All are a sequence of segments, read through a
/// <see cref="SegmentCursor"/> that copies nothing. Immutable: the bytes change, the sequence does not. Safe to share
/// between threads; every region of a request reads it from the beginning.
/// </summary>
public abstract class IoMemory
{
    /// <summary>Bytes in all segments together.</summary>
    public abstract long LengthBytes { get; }

    /// <summary>A read into it is refused, since its owner promised others that it does not change.</summary>
    public virtual bool IsReadOnly => false;

    /// <summary>How many segments.</summary>
    public abstract int SegmentCount { get; }

    /// <summary>One of the <see cref="SegmentCount"/> contiguous pieces.</summary>
    public abstract Memory<byte> GetSegment(int index);

    /// <summary>
    /// A cursor at the first byte. Each region of a request has one of its own, so each starts there.
    /// </summary>
    public SegmentCursor GetCursor() => new(this);

    /// <summary>
    /// The segment that holds the byte at <paramref name="positionBytes"/> (0 to <see cref="LengthBytes"/>); at the
    /// end, the one behind the last. Never an empty segment. The memories of this library answer in O(log n) or
    /// better.
    /// </summary>
    public virtual SegmentPosition Locate(long positionBytes)
    {
        RequirePosition(positionBytes);
        for (var index = 0; index < SegmentCount; index++)
        {
            var length = GetSegment(index).Length;
            if (positionBytes < length)
            {
                return new SegmentPosition(index, (int)positionBytes);
            }

            positionBytes -= length;
        }

        return new SegmentPosition(SegmentCount, 0);
    }

    /// <summary>
    /// The same bytes from <paramref name="offsetBytes"/> on, <paramref name="lengthBytes"/> of them. Copies none.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The range does not lie within this memory.</exception>
    public virtual IoMemory Slice(long offsetBytes, long lengthBytes)
    {
        RequireRange(offsetBytes, lengthBytes);
        return new MemorySlice(this, offsetBytes, lengthBytes);
    }

    public static implicit operator IoMemory(Memory<byte> memory) => new MemoryBlock(memory);

    public static implicit operator IoMemory(ReadOnlyMemory<byte> memory) => new MemoryBlock(memory);

    public static implicit operator IoMemory(byte[] memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return new MemoryBlock(memory.AsMemory());
    }

    private protected void RequirePosition(long positionBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(positionBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(positionBytes, LengthBytes);
    }

    private protected void RequireRange(long offsetBytes, long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offsetBytes, LengthBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, LengthBytes - offsetBytes);
    }
}

namespace DmIo.Memory;

/// <summary>
/// The memory of a request: one of dm-io's three kinds (page list, bio vector,
/// virtual buffer) or any <see cref="Memory{T}"/>. All are a sequence of segments, read through a
/// <see cref="SegmentCursor"/> that copies nothing. Immutable: the bytes change, the sequence does not.
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

    /// <summary>A cursor at the first byte. Each region of a request has one of its own, so each starts
    /// there.</summary>
    public SegmentCursor GetCursor() => new(this);

    public static implicit operator IoMemory(Memory<byte> memory) => new MemoryBlock(memory);

    public static implicit operator IoMemory(ReadOnlyMemory<byte> memory) => new MemoryBlock(memory);

    public static implicit operator IoMemory(byte[] memory) => new MemoryBlock(memory.AsMemory());
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DmIo.Io;

namespace DmIo.Memory;

/// <summary>
/// The memory of a request: one of dm-io's three kinds (<see cref="PageList"/>, <see cref="BioVector"/>,
/// <see cref="VirtualBuffer"/>) or any <see cref="Memory{T}"/>. Each kind is a sequence of segments, read through a
/// <see cref="SegmentCursor"/> that copies nothing. Immutable: the bytes can change, the sequence cannot. Can be shared
/// between threads; every region of a request starts at the first byte.
/// </summary>
public abstract class IoMemory
{
    /// <summary>The total length of all segments in bytes.</summary>
    public abstract long LengthBytes { get; }

    /// <summary>The memory must not change: a read into it is refused.</summary>
    public virtual bool IsReadOnly => false;

    /// <summary>The number of segments.</summary>
    public abstract int SegmentCount { get; }

    /// <summary>Returns one of the <see cref="SegmentCount"/> contiguous segments.</summary>
    public abstract Memory<byte> GetSegment(int index);

    /// <summary>
    /// Returns a cursor at the first byte. Each region of a request has its own cursor, so each region starts at the
    /// first byte.
    /// </summary>
    public SegmentCursor GetCursor() => new(this);

    /// <summary>
    /// Returns the segment that holds the byte at <paramref name="positionBytes"/> (0 to <see cref="LengthBytes"/>);
    /// for the end of the memory, the position after the last segment. Never returns an empty segment. The memory types
    /// of this library take O(log n) or less.
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
    /// Returns <paramref name="lengthBytes"/> bytes of the same memory, from <paramref name="offsetBytes"/> on, without
    /// a copy.
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

    /// <summary>
    /// Returns whether the first <paramref name="lengthBytes"/> bytes can be passed to a device without a copy: every
    /// segment begins on the alignment and consists of whole blocks. For managed memory this is an estimate, because
    /// the garbage collector may move the memory afterwards: sufficient for counting pages, not for I/O.
    /// </summary>
    internal unsafe bool IsAligned(long lengthBytes, ByteSize alignment, ByteSize blockSize)
    {
        for (var index = 0; lengthBytes > 0 && index < SegmentCount; index++)
        {
            var segment = GetSegment(index).Span;
            var used = Math.Min(segment.Length, lengthBytes);
            var address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(segment));
            if ((address & ((nint)alignment.Bytes - 1)) != 0 || used % blockSize.Bytes != 0)
            {
                return false;
            }

            lengthBytes -= used;
        }

        return true;
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

    /// <summary>A contiguous part of any other memory of a request, in the same segments; nothing is copied.</summary>
    private sealed class MemorySlice : IoMemory
    {
        private readonly IoMemory whole;
        private readonly long offsetBytes;
        private readonly SegmentRange range;

        /// <summary>The caller must check the range.</summary>
        public MemorySlice(IoMemory whole, long offsetBytes, long lengthBytes)
        {
            this.whole = whole;
            this.offsetBytes = offsetBytes;
            LengthBytes = lengthBytes;
            if (lengthBytes > 0)
            {
                range = new SegmentRange(whole.Locate(offsetBytes), whole.Locate(offsetBytes + lengthBytes - 1));
            }
        }

        /// <inheritdoc/>
        public override long LengthBytes { get; }

        /// <inheritdoc/>
        public override bool IsReadOnly => whole.IsReadOnly;

        /// <inheritdoc/>
        public override int SegmentCount => range.Count;

        /// <inheritdoc/>
        public override Memory<byte> GetSegment(int index) =>
            range.Trim(whole.GetSegment(range.IndexInWhole(index)), index);

        /// <inheritdoc/>
        public override SegmentPosition Locate(long positionBytes)
        {
            RequirePosition(positionBytes);
            return positionBytes == LengthBytes
                ? new SegmentPosition(SegmentCount, 0)
                : range.InSlice(whole.Locate(offsetBytes + positionBytes));
        }

        /// <inheritdoc/>
        public override IoMemory Slice(long offsetBytes, long lengthBytes)
        {
            RequireRange(offsetBytes, lengthBytes);
            return new MemorySlice(whole, this.offsetBytes + offsetBytes, lengthBytes);
        }
    }
}

/// <summary>A managed or native <see cref="Memory{T}"/> as the memory of a request: one segment.</summary>
public sealed class MemoryBlock : IoMemory
{
    private readonly Memory<byte> memory;

    /// <summary>Wraps memory to write from or to read into.</summary>
    public MemoryBlock(Memory<byte> memory) => this.memory = memory;

    /// <summary>Wraps memory to write from; a read into it is refused.</summary>
    public MemoryBlock(ReadOnlyMemory<byte> memory)
        : this(MemoryMarshal.AsMemory(memory), isReadOnly: true)
    {
    }

    private MemoryBlock(Memory<byte> memory, bool isReadOnly)
    {
        this.memory = memory;
        IsReadOnly = isReadOnly;
    }

    /// <inheritdoc/>
    public override long LengthBytes => memory.Length;

    /// <inheritdoc/>
    public override bool IsReadOnly { get; }

    /// <inheritdoc/>
    public override int SegmentCount => 1;

    /// <inheritdoc/>
    public override Memory<byte> GetSegment(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(index, 0);
        return memory;
    }

    /// <inheritdoc/>
    public override MemoryBlock Slice(long offsetBytes, long lengthBytes)
    {
        RequireRange(offsetBytes, lengthBytes);
        return new MemoryBlock(memory.Slice((int)offsetBytes, (int)lengthBytes), IsReadOnly);
    }
}

namespace DmIo.Memory;

/// <summary>
/// One contiguous region of any size. Linux dm-io's <c>DM_IO_VMA</c> and <c>DM_IO_KMEM</c>. Its segments are windows
/// of at most 1 GiB, since a <see cref="Memory{T}"/> ends at 2 GiB. Native memory is zeroed, page-aligned, and freed
/// when nothing refers to it any more: not the buffer, no slice, no memory taken from it, no request in flight. There
/// is no Dispose, so it can't come too early and take the memory from under a device; the collector is told of the
/// size.
/// </summary>
public sealed class VirtualBuffer : IoMemory
{
    private const int LargestWindowBytes = 1 << 30;

    private readonly Origin origin;
    private readonly long positionBytes;
    private readonly SegmentRange range;

    /// <summary>Managed memory as a buffer.</summary>
    public VirtualBuffer(Memory<byte> memory)
        : this(new Origin(null, memory, memory.Length, LargestWindowBytes), 0, memory.Length)
    {
    }

    private VirtualBuffer(Origin origin, long positionBytes, long lengthBytes)
    {
        this.origin = origin;
        this.positionBytes = positionBytes;
        LengthBytes = lengthBytes;
        if (lengthBytes > 0)
        {
            range = new SegmentRange(origin.Locate(positionBytes), origin.Locate(positionBytes + lengthBytes - 1));
        }
    }

    /// <inheritdoc/>
    public override long LengthBytes { get; }

    /// <inheritdoc/>
    public override int SegmentCount => range.Count;

    /// <summary>
    /// Native memory beyond the collector's reach: zeroed, and aligned to 4096 bytes. The system gives it when it is
    /// first touched, not here.
    /// </summary>
    /// <param name="lengthBytes">Any number of bytes from 1 on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is 0 or negative.</exception>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    public static VirtualBuffer Allocate(long lengthBytes) => Allocate(lengthBytes, LargestWindowBytes);

    /// <summary>For tests: windows so small that a test has many.</summary>
    internal static VirtualBuffer Allocate(long lengthBytes, int windowBytes)
    {
        var block = NativeBlock.Allocate(lengthBytes);
        return new VirtualBuffer(new Origin(block, default, lengthBytes, windowBytes), 0, lengthBytes);
    }

    /// <inheritdoc/>
    public override Memory<byte> GetSegment(int index) => range.Trim(origin.Windows[range.IndexInWhole(index)], index);

    /// <summary>
    /// Any part of the buffer, contiguous also where segments meet. A span of native memory does not hold the buffer:
    /// keep what this returns, or the buffer, while the span is in use.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie within the buffer.</exception>
    public Memory<byte> GetMemory(long offsetBytes, int lengthBytes)
    {
        RequireRange(offsetBytes, lengthBytes);
        return origin.GetMemory(positionBytes + offsetBytes, lengthBytes);
    }

    /// <inheritdoc/>
    public override SegmentPosition Locate(long positionBytes)
    {
        RequirePosition(positionBytes);
        return positionBytes == LengthBytes
            ? new SegmentPosition(SegmentCount, 0)
            : range.InSlice(origin.Locate(this.positionBytes + positionBytes));
    }

    /// <summary>A part of the same region; nothing is copied, and the part holds the whole.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie within the buffer.</exception>
    public override VirtualBuffer Slice(long offsetBytes, long lengthBytes)
    {
        RequireRange(offsetBytes, lengthBytes);
        return new VirtualBuffer(origin, positionBytes + offsetBytes, lengthBytes);
    }

    /// <summary>The region itself, native or managed, which all slices share, and its windows.</summary>
    private sealed class Origin
    {
        private readonly NativeBlock? block;
        private readonly Memory<byte> managed;
        private readonly int windowBytes;

        public Origin(NativeBlock? block, Memory<byte> managed, long lengthBytes, int windowBytes)
        {
            this.block = block;
            this.managed = managed;
            this.windowBytes = windowBytes;
            var (full, rest) = Math.DivRem(lengthBytes, windowBytes);
            Windows = new Memory<byte>[checked((int)(rest == 0 ? full : full + 1))];
            for (var index = 0; index < Windows.Length; index++)
            {
                var offset = (long)index * windowBytes;
                Windows[index] = GetMemory(offset, (int)Math.Min(windowBytes, lengthBytes - offset));
            }
        }

        public Memory<byte>[] Windows { get; }

        public Memory<byte> GetMemory(long offsetBytes, int lengthBytes) => block is null
            ? managed.Slice((int)offsetBytes, lengthBytes)
            : new NativeWindow(block, offsetBytes, lengthBytes).Memory;

        public SegmentPosition Locate(long positionBytes)
        {
            var (index, offset) = Math.DivRem(positionBytes, windowBytes);
            return new SegmentPosition((int)index, (int)offset);
        }
    }
}

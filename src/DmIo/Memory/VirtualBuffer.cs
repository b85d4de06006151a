namespace DmIo.Memory;

/// <summary>
/// One contiguous buffer of any size (Linux dm-io: <c>DM_IO_VMA</c> and <c>DM_IO_KMEM</c>). The segments are windows of
/// at most 1 GiB, because a <see cref="Memory{T}"/> is limited to 2 GiB. Native memory is zeroed, page-aligned, and
/// freed when nothing refers to it any longer: neither the buffer nor a slice, memory taken from the buffer, or a
/// request in flight. There is no Dispose, so the memory cannot be freed while a device still uses it; the garbage
/// collector takes the size of the buffer into account.
/// </summary>
public sealed class VirtualBuffer : IoMemory
{
    private const int MaxWindowBytes = 1 << 30;

    private readonly Origin origin;
    private readonly long positionBytes;
    private readonly SegmentRange range;

    /// <summary>Wraps managed memory.</summary>
    public VirtualBuffer(Memory<byte> memory)
        : this(new Origin(null, memory, memory.Length, MaxWindowBytes), 0, memory.Length)
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
    /// Allocates native memory, which the garbage collector does not move: zeroed, and aligned to 4096 bytes. The
    /// system provides physical memory at the first access, not at the allocation.
    /// </summary>
    /// <param name="lengthBytes">The length in bytes, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is 0 or negative.</exception>
    /// <exception cref="OutOfMemoryException">The system has no memory for the buffer.</exception>
    public static VirtualBuffer Allocate(long lengthBytes) => Allocate(lengthBytes, MaxWindowBytes);

    /// <summary>For tests: small windows, so that a buffer has many of them.</summary>
    internal static VirtualBuffer Allocate(long lengthBytes, int windowBytes)
    {
        var block = NativeBlock.Allocate(lengthBytes);
        return new VirtualBuffer(new Origin(block, default, lengthBytes, windowBytes), 0, lengthBytes);
    }

    /// <inheritdoc/>
    public override Memory<byte> GetSegment(int index) => range.Trim(origin.Windows[range.IndexInWhole(index)], index);

    /// <summary>
    /// Returns any part of the buffer, contiguous even across the boundary of two segments. A span of native memory
    /// does not keep the buffer allocated: keep a reference to the returned memory, or to the buffer, while the span is
    /// in use.
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

    /// <summary>Returns a part of the buffer, without a copy; the part keeps the whole buffer allocated.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie within the buffer.</exception>
    public override VirtualBuffer Slice(long offsetBytes, long lengthBytes)
    {
        RequireRange(offsetBytes, lengthBytes);
        return new VirtualBuffer(origin, positionBytes + offsetBytes, lengthBytes);
    }

    /// <summary>The underlying memory, native or managed, which all slices share, and its windows.</summary>
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

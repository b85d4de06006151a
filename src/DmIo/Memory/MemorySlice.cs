namespace DmIo.Memory;

/// <summary>A contiguous part of any other memory of a request, in the same segments; nothing is copied.</summary>
internal sealed class MemorySlice : IoMemory
{
    private readonly IoMemory whole;
    private readonly long offsetBytes;
    private readonly SegmentRange range;

    /// <summary>The range is the caller's to check.</summary>
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

using System.Collections;

namespace DmIo.Memory;

/// <summary>
/// The segments of one call to a device, in order (the iovec of <c>preadv</c> and <c>pwritev</c>). The owner reuses the
/// batch for later calls; a device reads it only until the task of the call completes, and keeps no reference to it.
/// </summary>
public sealed class SegmentBatch : IReadOnlyList<Memory<byte>>, IReadOnlyList<ReadOnlyMemory<byte>>
{
    private Memory<byte>[] segments;

    /// <summary>Creates an empty batch.</summary>
    /// <param name="initialSegments">The initial number of segments that the batch has room for; the batch grows as
    /// needed.</param>
    public SegmentBatch(int initialSegments = 4)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(initialSegments);
        segments = new Memory<byte>[initialSegments];
    }

    /// <summary>The number of segments.</summary>
    public int Count { get; private set; }

    /// <summary>The total length of the segments in bytes.</summary>
    public long LengthBytes { get; private set; }

    /// <summary>The segments, in order.</summary>
    public ReadOnlySpan<Memory<byte>> Segments => segments.AsSpan(0, Count);

    Memory<byte> IReadOnlyList<Memory<byte>>.this[int index] => Segments[index];

    ReadOnlyMemory<byte> IReadOnlyList<ReadOnlyMemory<byte>>.this[int index] => Segments[index];

    /// <summary>Adds a segment at the end. An empty segment is omitted.</summary>
    public void Add(Memory<byte> segment)
    {
        if (segment.IsEmpty)
        {
            return;
        }

        if (Count == segments.Length)
        {
            Array.Resize(ref segments, Math.Max(4, Count * 2));
        }

        segments[Count++] = segment;
        LengthBytes += segment.Length;
    }

    /// <summary>Removes all segments, and all references to their memory.</summary>
    public void Clear()
    {
        Array.Clear(segments, 0, Count);
        Count = 0;
        LengthBytes = 0;
    }

    /// <summary>
    /// Adds at most <paramref name="maxBytes"/> bytes of the segments of another batch, from its byte
    /// <paramref name="skipBytes"/> on.
    /// </summary>
    public void AddFrom(SegmentBatch source, long skipBytes, long maxBytes = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(skipBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        foreach (var segment in source.Segments)
        {
            var skip = (int)Math.Min(skipBytes, segment.Length);
            var length = (int)Math.Min(maxBytes, segment.Length - skip);
            Add(segment.Slice(skip, length));
            skipBytes -= skip;
            maxBytes -= length;
        }
    }

    /// <summary>Copies the first bytes of the segments to the destination, up to its length.</summary>
    public void CopyTo(Span<byte> destination)
    {
        foreach (var segment in Segments)
        {
            var length = Math.Min(segment.Length, destination.Length);
            segment.Span[..length].CopyTo(destination);
            destination = destination[length..];
        }
    }

    /// <summary>Copies all bytes to a new array.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[LengthBytes];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Copies at most <see cref="LengthBytes"/> bytes of the source into the segments.</summary>
    public void CopyFrom(ReadOnlySpan<byte> source)
    {
        foreach (var segment in Segments)
        {
            var length = Math.Min(segment.Length, source.Length);
            source[..length].CopyTo(segment.Span);
            source = source[length..];
        }
    }

    /// <summary>Clears every byte from <paramref name="offsetBytes"/> on.</summary>
    public void ZeroFrom(long offsetBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        foreach (var segment in Segments)
        {
            var skip = (int)Math.Min(offsetBytes, segment.Length);
            segment.Span[skip..].Clear();
            offsetBytes -= skip;
        }
    }

    IEnumerator<Memory<byte>> IEnumerable<Memory<byte>>.GetEnumerator()
    {
        for (var index = 0; index < Count; index++)
        {
            yield return segments[index];
        }
    }

    IEnumerator<ReadOnlyMemory<byte>> IEnumerable<ReadOnlyMemory<byte>>.GetEnumerator()
    {
        for (var index = 0; index < Count; index++)
        {
            yield return segments[index];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable<Memory<byte>>)this).GetEnumerator();
}

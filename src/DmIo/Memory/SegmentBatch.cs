using System.Collections;

namespace DmIo.Memory;

/// <summary>
/// The segments of one call to a device, in order: what <c>preadv</c> and <c>pwritev</c> call an iovec. Reused from
/// call to call by its owner; a device reads it only until its task completes, and never keeps it.
/// </summary>
public sealed class SegmentBatch : IReadOnlyList<Memory<byte>>, IReadOnlyList<ReadOnlyMemory<byte>>
{
    private Memory<byte>[] segments;

    /// <summary>An empty one.</summary>
    /// <param name="initialSegments">How many segments it has room for; it grows by itself.</param>
    public SegmentBatch(int initialSegments = 4)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(initialSegments);
        segments = new Memory<byte>[initialSegments];
    }

    /// <summary>How many segments.</summary>
    public int Count { get; private set; }

    /// <summary>The sum of their lengths.</summary>
    public long LengthBytes { get; private set; }

    /// <summary>The segments, in order.</summary>
    public ReadOnlySpan<Memory<byte>> Segments => segments.AsSpan(0, Count);

    Memory<byte> IReadOnlyList<Memory<byte>>.this[int index] => Segments[index];

    ReadOnlyMemory<byte> IReadOnlyList<ReadOnlyMemory<byte>>.this[int index] => Segments[index];

    /// <summary>Adds one segment at the end. An empty one is left out.</summary>
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

    /// <summary>Makes it empty, and holds no memory any more.</summary>
    public void Clear()
    {
        Array.Clear(segments, 0, Count);
        Count = 0;
        LengthBytes = 0;
    }

    /// <summary>
    /// Adds at most <paramref name="maxBytes"/> bytes of another batch's segments, from its byte <paramref
    /// name="skipBytes"/> on.
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

    /// <summary>Copies the first bytes, as many as the destination takes, out of the segments.</summary>
    public void CopyTo(Span<byte> destination)
    {
        foreach (var segment in Segments)
        {
            var length = Math.Min(segment.Length, destination.Length);
            segment.Span[..length].CopyTo(destination);
            destination = destination[length..];
        }
    }

    /// <summary>Copies the source, at most <see cref="LengthBytes"/> of it, into the segments.</summary>
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

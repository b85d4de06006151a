using DmIo.Memory;

namespace DmIo.Cli.Streams;

/// <summary>Access to the bytes of an <see cref="IoMemory"/>, for all kinds of memory, without a copy.</summary>
internal static class MemorySegments
{
    /// <summary>The contiguous segments that hold <paramref name="lengthBytes"/> bytes from an offset.</summary>
    internal static IReadOnlyList<Memory<byte>> Segments(this IoMemory memory, long offsetBytes, long lengthBytes)
    {
        var segments = new List<Memory<byte>>();
        var skip = offsetBytes;
        var rest = lengthBytes;
        for (var index = 0; rest > 0; index++)
        {
            var segment = memory.GetSegment(index);
            if (skip >= segment.Length)
            {
                skip -= segment.Length;
                continue;
            }

            var part = segment[(int)skip..];
            part = part.Length > rest ? part[..(int)rest] : part;
            skip = 0;
            rest -= part.Length;
            segments.Add(part);
        }

        return segments;
    }

    internal static void Clear(this IoMemory memory, long offsetBytes, long lengthBytes)
    {
        foreach (var segment in memory.Segments(offsetBytes, lengthBytes))
        {
            segment.Span.Clear();
        }
    }

    internal static byte ByteAt(this IoMemory memory, long offsetBytes) => memory.Segments(offsetBytes, 1)[0].Span[0];

    /// <summary>The offset of the first difference within <paramref name="lengthBytes"/>; null: none.</summary>
    internal static long? FirstDifference(this IoMemory memory, IoMemory other, long lengthBytes)
    {
        var left = memory.Segments(0, lengthBytes);
        var right = other.Segments(0, lengthBytes);
        var (leftIndex, leftOffset, rightIndex, rightOffset) = (0, 0, 0, 0);
        for (var done = 0L; done < lengthBytes;)
        {
            var leftSpan = left[leftIndex].Span[leftOffset..];
            var rightSpan = right[rightIndex].Span[rightOffset..];
            var length = Math.Min(leftSpan.Length, rightSpan.Length);
            var same = leftSpan[..length].CommonPrefixLength(rightSpan[..length]);
            done += same;
            if (same < length)
            {
                return done;
            }

            (leftIndex, leftOffset) = length == leftSpan.Length ? (leftIndex + 1, 0) : (leftIndex, leftOffset + length);
            (rightIndex, rightOffset) = length == rightSpan.Length
                ? (rightIndex + 1, 0)
                : (rightIndex, rightOffset + length);
        }

        return null;
    }
}

using DmIo.Memory;

namespace DmIo.Cli;

/// <summary>What the transfers do with a chunk's memory, whatever it is made of. Nothing here copies.</summary>
internal static class ChunkMemory
{
    /// <summary>The contiguous pieces that hold <paramref name="lengthBytes"/> bytes from an offset on.</summary>
    internal static IReadOnlyList<Memory<byte>> Pieces(this IoMemory memory, long offsetBytes, long lengthBytes)
    {
        var pieces = new List<Memory<byte>>();
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

            var piece = segment[(int)skip..];
            piece = piece.Length > rest ? piece[..(int)rest] : piece;
            skip = 0;
            rest -= piece.Length;
            pieces.Add(piece);
        }

        return pieces;
    }

    internal static void Clear(this IoMemory memory, long offsetBytes, long lengthBytes)
    {
        foreach (var piece in memory.Pieces(offsetBytes, lengthBytes))
        {
            piece.Span.Clear();
        }
    }

    internal static byte ByteAt(this IoMemory memory, long offsetBytes) => memory.Pieces(offsetBytes, 1)[0].Span[0];

    /// <summary>The first byte in which two differ within <paramref name="lengthBytes"/>; null where none
    /// does.</summary>
    internal static long? FirstDifference(this IoMemory memory, IoMemory other, long lengthBytes)
    {
        var left = memory.Pieces(0, lengthBytes);
        var right = other.Pieces(0, lengthBytes);
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

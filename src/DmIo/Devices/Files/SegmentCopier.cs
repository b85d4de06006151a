using DmIo.Memory;

namespace DmIo.Devices.Files;

/// <summary>A place in a batch, from which bytes are copied out, or to which they are copied, onwards only.</summary>
internal ref struct SegmentCopier(SegmentBatch batch)
{
    private ReadOnlySpan<Memory<byte>> rest = batch.Segments;
    private int offset;

    internal void Skip(int bytes)
    {
        while (bytes > 0)
        {
            bytes -= Next(bytes).Length;
        }
    }

    internal void CopyTo(Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var piece = Next(destination.Length);
            piece.CopyTo(destination);
            destination = destination[piece.Length..];
        }
    }

    internal void CopyFrom(ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            var piece = Next(source.Length);
            source[..piece.Length].CopyTo(piece);
            source = source[piece.Length..];
        }
    }

    /// <summary>The next bytes that lie together, at most so many, and moves behind them.</summary>
    private Span<byte> Next(int maxBytes)
    {
        var segment = rest[0].Span[offset..];
        if (segment.Length > maxBytes)
        {
            offset += maxBytes;
            return segment[..maxBytes];
        }

        rest = rest[1..];
        offset = 0;
        return segment;
    }
}

using DmIo.Memory;

namespace DmIo.Nbd.Server.Requests;

/// <summary>The memory of one piece: parts of blocks, in order. Filled before the piece is sent, emptied after its
/// outcome, then filled again.</summary>
internal sealed class PieceMemory : IoMemory
{
    private readonly Memory<byte>[] parts = new Memory<byte>[Piece.MostBlocks];
    private long lengthBytes;
    private int count;

    public override long LengthBytes => lengthBytes;

    public override int SegmentCount => count;

    public override Memory<byte> GetSegment(int index) => parts[index];

    internal void Add(Memory<byte> part)
    {
        parts[count++] = part;
        lengthBytes += part.Length;
    }

    /// <summary>Leaves the first bytes.</summary>
    internal void Trim(int bytes)
    {
        Invariant.Require(bytes > 0 && bytes <= lengthBytes);
        while (lengthBytes - parts[count - 1].Length >= bytes)
        {
            count--;
            lengthBytes -= parts[count].Length;
            parts[count] = default;
        }

        parts[count - 1] = parts[count - 1][..^(int)(lengthBytes - bytes)];
        lengthBytes = bytes;
    }

    internal void Clear()
    {
        Array.Clear(parts, 0, count);
        count = 0;
        lengthBytes = 0;
    }
}

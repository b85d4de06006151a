using DmIo.Memory;

namespace DmIo.Nbd.Server;

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

    internal void Clear()
    {
        Array.Clear(parts, 0, count);
        count = 0;
        lengthBytes = 0;
    }
}

using DmIo.Memory;

namespace DmIo.Nbd.Server.Requests;

/// <summary>The memory of one part: segments of blocks, in order. Filled before the part is sent, emptied after its
/// outcome, then filled again.</summary>
internal sealed class PartMemory : IoMemory
{
    private readonly Memory<byte>[] segments = new Memory<byte>[RequestPart.MostBlocks];
    private long lengthBytes;
    private int count;

    public override long LengthBytes => lengthBytes;

    public override int SegmentCount => count;

    public override Memory<byte> GetSegment(int index) => segments[index];

    internal void Add(Memory<byte> segment)
    {
        segments[count++] = segment;
        lengthBytes += segment.Length;
    }

    /// <summary>Leaves the first bytes.</summary>
    internal void Trim(int bytes)
    {
        Invariant.Require(bytes > 0 && bytes <= lengthBytes);
        while (lengthBytes - segments[count - 1].Length >= bytes)
        {
            count--;
            lengthBytes -= segments[count].Length;
            segments[count] = default;
        }

        segments[count - 1] = segments[count - 1][..^(int)(lengthBytes - bytes)];
        lengthBytes = bytes;
    }

    internal void Clear()
    {
        Array.Clear(segments, 0, count);
        count = 0;
        lengthBytes = 0;
    }
}

using DmIo.Memory;

namespace DmIo.Devices.Transfer;

/// <summary>
/// The memory of one transfer, taken in chunks: as much as the device accepts in one call, cut at block boundaries
/// (R15). Several memories follow one another. Reused; single owner.
/// </summary>
internal sealed class ChunkSource(DeviceDescription device)
{
    private readonly List<(IoMemory Memory, long LengthBytes)> memories = [];
    private SegmentCursor cursor;
    private int index;
    private long left;

    /// <summary>The first <paramref name="lengthBytes"/> bytes of the memory come next.</summary>
    internal void Add(IoMemory memory, long lengthBytes)
    {
        memories.Add((memory, lengthBytes));
        if (memories.Count == 1)
        {
            Open(0);
        }
    }

    internal void Clear()
    {
        memories.Clear();
        cursor = default;
    }

    /// <summary>Takes whole blocks within the limits of the device; returns 0 if its limit of segments does not reach
    /// one block.</summary>
    internal long TakeBlocks(SegmentBatch batch, long remainingBytes)
    {
        var block = device.BlockSize.Bytes;
        var max = Math.Max(block, device.MaxTransfer.Bytes - (device.MaxTransfer.Bytes % block));
        var (cursorBefore, indexBefore, leftBefore) = (cursor, index, left);
        var taken = Take(batch, Math.Min(remainingBytes, max), device.MaxSegments);
        var wholeBlocks = taken - (taken % block);
        if (wholeBlocks != taken)
        {
            (cursor, index, left) = (cursorBefore, indexBefore, leftBefore);
            batch.Clear();
            Take(batch, wholeBlocks, device.MaxSegments);
        }

        return wholeBlocks;
    }

    /// <summary>Takes one block, in any number of segments.</summary>
    internal void TakeBlock(SegmentBatch batch)
    {
        if (Take(batch, device.BlockSize.Bytes, int.MaxValue) < device.BlockSize.Bytes)
        {
            // Of a caller's own making: it may be shorter than it said when the request was checked.
            throw new InvalidOperationException("The memory of the request ends before its length; did it change?");
        }
    }

    private long Take(SegmentBatch batch, long maxBytes, int maxSegments)
    {
        var taken = 0L;
        while (taken < maxBytes && batch.Count < maxSegments)
        {
            if (left == 0)
            {
                if (index + 1 == memories.Count)
                {
                    break;
                }

                Open(index + 1);
            }

            var more = cursor.Take(batch, Math.Min(left, maxBytes - taken), maxSegments - batch.Count);
            if (more == 0)
            {
                break;
            }

            taken += more;
            left -= more;
        }

        return taken;
    }

    private void Open(int next)
    {
        index = next;
        cursor = memories[next].Memory.GetCursor();
        left = memories[next].LengthBytes;
    }
}

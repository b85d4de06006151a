using System.Buffers;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Transfer;

/// <summary>
/// One chunk of a transfer: a batch within the limits of the device, with as many calls as it needs. A short transfer
/// is continued from its last whole block; two successive transfers that finish no block are an error, and so is an end
/// of file inside the device (R15). A failed read zeroes the bytes that were not delivered (R8). A block that consists
/// of more segments than the device accepts is copied to contiguous memory, which is rare and slow. Reused; single
/// owner.
/// </summary>
internal sealed class DataChunk(int blockSizeBytes)
{
    private const int MaxStalls = 2;

    private readonly SegmentBatch whole = new();
    private readonly SegmentBatch tail = new();
    private readonly SegmentBatch scattered = new();
    private byte[]? copy;
    private long done;
    private int stalls;

    /// <summary>The chunk was taken and has not ended.</summary>
    internal bool IsUnderWay => whole.Count > 0;

    /// <summary>The segments of the next call.</summary>
    internal SegmentBatch Rest => done == 0 ? whole : tail;

    internal long RestBytes => whole.LengthBytes - done;

    /// <summary>Takes the next chunk.</summary>
    internal void Take(ChunkSource source, long remainingBytes, bool isRead)
    {
        if (source.TakeBlocks(whole, remainingBytes) > 0)
        {
            return;
        }

        source.TakeBlock(scattered);
        copy = ArrayPool<byte>.Shared.Rent(blockSizeBytes);
        whole.Add(copy.AsMemory(0, blockSizeBytes));
        if (!isRead)
        {
            scattered.CopyTo(copy.AsSpan(0, blockSizeBytes));
        }
    }

    /// <summary>Takes the result of a call for <see cref="Rest"/>. True: the chunk has ended.</summary>
    internal bool Moved(in TransferResult result, in DeviceOperation call, out IoStatus status)
    {
        var isRead = call.Kind.FillsMemory();
        var isPossible = result.Bytes >= 0 && result.Bytes <= RestBytes;
        var bytes = isPossible ? result.Bytes : 0;
        status = isPossible
            ? result.Status
            : IoStatus.DeviceError(
                $"{call} is said to have moved {result.Bytes} bytes.",
                Errno.InputOutput);
        if (status.IsOk && bytes == RestBytes)
        {
            Clear(isRead);
            return true;
        }

        if (status.IsOk)
        {
            var wholeBlocks = bytes - (bytes % blockSizeBytes);
            stalls = wholeBlocks == 0 ? stalls + 1 : 0;
            done += wholeBlocks;
            status = CheckProgress(call, isRead && bytes == 0);
            bytes = 0;
        }

        if (status.IsOk)
        {
            tail.Clear();
            tail.AddFrom(whole, done);
            return false;
        }

        if (isRead)
        {
            whole.ZeroFrom(done + bytes);
        }

        Clear(isRead);
        return true;
    }

    /// <summary>Releases all memory.</summary>
    internal void Clear(bool isRead = false)
    {
        if (copy is not null)
        {
            if (isRead)
            {
                scattered.CopyFrom(copy.AsSpan(0, blockSizeBytes));
            }

            ArrayPool<byte>.Shared.Return(copy);
            copy = null;
            scattered.Clear();
        }

        whole.Clear();
        tail.Clear();
        done = 0;
        stalls = 0;
    }

    private IoStatus CheckProgress(in DeviceOperation call, bool isEnd)
    {
        if (isEnd)
        {
            return IoStatus.DeviceError(
                $"End of file inside the device: nothing to read at sector {call.Start}. Was it made shorter?",
                Errno.InputOutput);
        }

        return stalls < MaxStalls
            ? IoStatus.Ok
            : IoStatus.DeviceError(
                $"{call} makes no progress: {MaxStalls} calls did not finish a block.", Errno.InputOutput);
    }
}

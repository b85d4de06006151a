using System.Buffers;
using System.Runtime.CompilerServices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices;

/// <summary>
/// One block whose bytes lie in more segments than the device takes: goes through one contiguous copy. Rare and slow,
/// yet no reason to fail. After a failed read the segments hold what was delivered, then zeroes.
/// </summary>
internal static class CopiedBlockTransfer
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal static async ValueTask<IoStatus> RunAsync(DataCall call, Sector start, SegmentBatch scattered)
    {
        var blockSize = (int)scattered.LengthBytes;
        var copy = ArrayPool<byte>.Shared.Rent(blockSize);
        var block = copy.AsMemory(0, blockSize);
        var batch = SegmentBatchPool.Rent();
        batch.Add(block);
        if (!call.IsRead)
        {
            scattered.CopyTo(block.Span);
        }

        var status = await ChunkTransfer.RunAsync(call, blockSize, start, batch);
        if (call.IsRead)
        {
            scattered.CopyFrom(block.Span);
        }

        SegmentBatchPool.Return(batch);
        ArrayPool<byte>.Shared.Return(copy);
        return status;
    }
}

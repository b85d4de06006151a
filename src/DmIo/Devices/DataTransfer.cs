using System.Runtime.CompilerServices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices;

/// <summary>
/// The data of one region, chunk by chunk: as much as the device takes in one call, cut on its block boundaries (R15).
/// Every chunk is tried; the first failure is the status (R7). Where the segments are so small that the device's most
/// segments do not make up one block, that block goes through a copy.
/// </summary>
internal static class DataTransfer
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal static async ValueTask<IoStatus> RunAsync(
        DataCall call, DeviceDescription device, Sector start, SectorCount count, IoMemory memory)
    {
        var cursor = memory.GetCursor();
        var batch = SegmentBatchPool.Rent();
        var total = count.Bytes;
        var first = IoStatus.Ok;
        for (var done = 0L; done < total;)
        {
            var at = new Sector(start.Value + (done / Sector.SizeBytes));
            batch.Clear();
            var length = TakeBlocks(ref cursor, batch, device, total - done);
            IoStatus status;
            if (length > 0)
            {
                status = await ChunkTransfer.RunAsync(call, device.BlockSizeBytes, at, batch);
            }
            else
            {
                length = cursor.Take(batch, device.BlockSizeBytes, int.MaxValue);
                status = await CopiedBlockTransfer.RunAsync(call, at, batch);
            }

            first = first.IsOk ? status : first;
            done += length;
        }

        SegmentBatchPool.Return(batch);
        return first;
    }

    /// <summary>Takes whole blocks within the device's limits; 0 where its segments don't reach one block.</summary>
    private static long TakeBlocks(
        ref SegmentCursor cursor, SegmentBatch batch, DeviceDescription device, long remaining)
    {
        var block = device.BlockSizeBytes;
        var limit = Math.Min(remaining, Math.Max(block, device.MaxTransferBytes - (device.MaxTransferBytes % block)));
        var before = cursor;
        var taken = cursor.Take(batch, limit, device.MaxSegments);
        var wholeBlocks = taken - (taken % block);
        if (wholeBlocks != taken)
        {
            cursor = before;
            batch.Clear();
            cursor.Take(batch, wholeBlocks, device.MaxSegments);
        }

        return wholeBlocks;
    }
}

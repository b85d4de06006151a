using System.Runtime.CompilerServices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices;

/// <summary>
/// The data of one region, chunk by chunk: as much as the device takes in one call, cut on its block boundaries
/// (R15). Every chunk is tried; the first failure is the status (R7). Where the segments are so small that the device's
/// most segments do not make up one block, that block goes through a copy.
/// </summary>
internal static class DataTransfer
{
    internal static ValueTask<IoStatus> RunAsync(
        DataCall call, DeviceDescription device, Sector start, SectorCount count, IoMemory memory)
    {
        var cursor = memory.GetCursor();
        var batch = SegmentBatchPool.Rent();
        var length = TakeBlocks(ref cursor, batch, device, count.Bytes);
        if (length < count.Bytes)
        {
            return ChunksAsync(call, device, start, count, cursor, batch, length);
        }

        var only = ChunkTransfer.RunAsync(call, device.BlockSizeBytes, start, batch);
        if (!only.IsCompletedSuccessfully)
        {
            return ThenReturnAsync(only, batch);
        }

        SegmentBatchPool.Return(batch);
        return new(only.Result);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<IoStatus> ThenReturnAsync(ValueTask<IoStatus> transfer, SegmentBatch batch)
    {
        var status = await transfer;
        SegmentBatchPool.Return(batch);
        return status;
    }

    /// <summary>All chunks, of which the first was taken already.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<IoStatus> ChunksAsync(
        DataCall call,
        DeviceDescription device,
        Sector start,
        SectorCount count,
        SegmentCursor cursor,
        SegmentBatch batch,
        long length)
    {
        var first = IoStatus.Ok;
        for (var done = 0L; done < count.Bytes;)
        {
            var at = new Sector(start.Value + (done / Sector.SizeBytes));
            IoStatus status;
            if (length > 0)
            {
                status = await ChunkTransfer.RunAsync(call, device.BlockSizeBytes, at, batch);
            }
            else
            {
                length = cursor.Take(batch, device.BlockSizeBytes, int.MaxValue);
                RequireBlock(length, device.BlockSizeBytes);
                status = await CopiedBlockTransfer.RunAsync(call, at, batch);
            }

            first = first.IsOk ? status : first;
            done += length;
            batch.Clear();
            length = TakeBlocks(ref cursor, batch, device, count.Bytes - done);
        }

        SegmentBatchPool.Return(batch);
        return first;
    }

    /// <summary>Memory of a caller's own making may be shorter than it said when the request was checked.</summary>
    private static void RequireBlock(long length, int blockSizeBytes)
    {
        if (length < blockSizeBytes)
        {
            throw new InvalidOperationException("The memory of the request ends before its length; did it change?");
        }
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

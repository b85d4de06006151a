using System.Runtime.CompilerServices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices;

/// <summary>
/// One chunk: a batch that fits the device's limits, with as many calls as it takes. A short transfer is continued from
/// its last whole block; two in a row that finish no block are an error, and so is the end of file inside the device
/// (R15). After a failed read everything that was not delivered is zero (R8).
/// </summary>
internal static class ChunkTransfer
{
    private const int MaxStalls = 2;

    /// <summary>One call that does it all at once is the usual case: it costs no state machine.</summary>
    internal static ValueTask<IoStatus> RunAsync(
        DataCall call, int blockSizeBytes, Sector start, SegmentBatch chunk)
    {
        var first = Issue(call, start, chunk);
        if (!first.IsCompletedSuccessfully)
        {
            return ContinueAsync(call, blockSizeBytes, start, chunk, first);
        }

        var result = first.Result;
        return result.Status.IsOk && result.Bytes == chunk.LengthBytes
            ? new(IoStatus.Ok)
            : ContinueAsync(call, blockSizeBytes, start, chunk, new(result));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<IoStatus> ContinueAsync(
        DataCall call, int blockSizeBytes, Sector start, SegmentBatch chunk, ValueTask<TransferResult> issued)
    {
        SegmentBatch? rest = null;
        var done = 0L;
        var stalls = 0;
        IoStatus status;
        while (true)
        {
            var at = new Sector(start.Value + (done / Sector.SizeBytes));
            var result = await OutcomeAsync(issued, call, at, chunk.LengthBytes - done);
            status = result.Status;
            if (!status.IsOk || done + result.Bytes == chunk.LengthBytes)
            {
                done += result.Bytes;
                break;
            }

            var wholeBlocks = result.Bytes - (result.Bytes % blockSizeBytes);
            stalls = wholeBlocks == 0 ? stalls + 1 : 0;
            done += wholeBlocks;
            status = CheckProgress(call, at, result.Bytes, stalls);
            if (!status.IsOk)
            {
                break;
            }

            rest ??= SegmentBatchPool.Rent();
            rest.Clear();
            rest.AddFrom(chunk, done);
            issued = Issue(call, new Sector(start.Value + (done / Sector.SizeBytes)), rest);
        }

        if (rest is not null)
        {
            SegmentBatchPool.Return(rest);
        }

        if (call.IsRead && !status.IsOk)
        {
            chunk.ZeroFrom(done);
        }

        return status;
    }

    private static ValueTask<TransferResult> Issue(DataCall call, Sector at, SegmentBatch batch)
    {
        try
        {
            return call.IssueAsync(at, batch);
        }
        catch (Exception exception)
        {
            return new(TransferResult.Failed(Errno.StatusOf(exception, $"{call.Name} at sector {at}")));
        }
    }

    /// <summary>What a device throws, or claims beyond reason, is a failed transfer of nothing.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<TransferResult> OutcomeAsync(
        ValueTask<TransferResult> issued, DataCall call, Sector at, long askedBytes)
    {
        TransferResult result;
        try
        {
            result = await issued;
        }
        catch (Exception exception)
        {
            return TransferResult.Failed(Errno.StatusOf(exception, $"{call.Name} at sector {at}"));
        }

        return result.Bytes >= 0 && result.Bytes <= askedBytes
            ? result
            : TransferResult.Failed(IoStatus.DeviceError(
                $"{call.Name} at sector {at} is said to have moved {result.Bytes} of {askedBytes} bytes.",
                Errno.InputOutput));
    }

    private static IoStatus CheckProgress(DataCall call, Sector at, long bytes, int stalls)
    {
        if (call.IsRead && bytes == 0)
        {
            return IoStatus.DeviceError(
                $"End of file inside the device: nothing to read at sector {at}. Was it made shorter?",
                Errno.InputOutput);
        }

        return stalls < MaxStalls
            ? IoStatus.Ok
            : IoStatus.DeviceError(
                $"{call.Name} at sector {at} makes no progress: {MaxStalls} calls did not finish a block.",
                Errno.InputOutput);
    }
}

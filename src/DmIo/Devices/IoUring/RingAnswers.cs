using DmIo.Devices.Stores;
using DmIo.Io;

namespace DmIo.Devices.IoUring;

/// <summary>From what the kernel or the store said of an operation to the caller's answer. A status is a transfer of 0
/// bytes.</summary>
internal static class RingAnswers
{
    /// <param name="operation">What was asked.</param>
    /// <param name="result">Bytes, or 0, or an errno, negated.</param>
    internal static TransferResult Of(RingOperation operation, int result)
    {
        var (offset, length) = (operation.OffsetBytes, operation.LengthBytes);
        return operation.Call switch
        {
            RingCall.Read => FileCalls.ReadResult(result, offset, length),
            RingCall.Write or RingCall.DurableWrite => FileCalls.WriteResult(result, offset, length),
            RingCall.Flush => new TransferResult(0, FileCalls.FlushStatus(-result)),
            RingCall.Discard => new TransferResult(0, FileCalls.DiscardStatus(-result, offset, length)),
            _ => new TransferResult(0, FileCalls.WriteZeroesStatus(-result, offset, length)),
        };
    }

    /// <summary>Makes the store's blocking call. Never throws: somebody waits for the answer.</summary>
    internal static TransferResult OfStore(FileStore store, RingOperation operation)
    {
        var (offset, length) = (operation.OffsetBytes, operation.LengthBytes);
        try
        {
            return operation.Call switch
            {
                RingCall.Read => FileCalls.Read(store, offset, operation.Batch!),
                RingCall.Write => FileCalls.Write(store, offset, operation.Batch!, forceUnitAccess: false),
                RingCall.DurableWrite => FileCalls.Write(store, offset, operation.Batch!, forceUnitAccess: true),
                RingCall.Flush => new TransferResult(0, FileCalls.Flush(store)),
                RingCall.ConfirmAccepted => new TransferResult(0, FileCalls.ConfirmAccepted(store)),
                RingCall.Discard => new TransferResult(0, FileCalls.Discard(store, offset, length)),
                _ => new TransferResult(0, FileCalls.WriteZeroes(store, offset, length, operation.Zeroing)),
            };
        }
        catch (Exception exception)
        {
            return TransferResult.Failed(Errno.StatusOf(exception, $"{operation.Call} at byte {offset}"));
        }
    }
}

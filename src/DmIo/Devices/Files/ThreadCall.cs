using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Files;

/// <summary>
/// One call of an engine that gathers calls, from the moment it is asked for to the moment its caller has the result;
/// then it is used for the next.
/// <code>
///   idle --Begin--> begun --Run, on whichever thread--> run --Complete--> completed --result taken--> idle
/// </code>
/// </summary>
internal sealed class ThreadCall : AnswerSource, IQueueItem<ThreadCall>
{
    private readonly Action<ThreadCall> giveBack;
    private IoOperation operation;
    private long offsetBytes;
    private long lengthBytes;
    private SegmentBatch? batch;
    private bool forceUnitAccess;
    private WriteZeroesFlags zeroing;
    private bool isConfirmation;
    private TransferResult result;
    private Exception? defect;
    private bool isRun;

    /// <param name="giveBack">Where it goes when its result was taken.</param>
    internal ThreadCall(Action<ThreadCall> giveBack) => this.giveBack = giveBack;

    public ThreadCall? Next { get; set; }

    /// <summary>The call was made; <see cref="Complete"/> may give its result.</summary>
    internal bool IsRun => Volatile.Read(ref isRun);

    internal long OffsetBytes => offsetBytes;

    /// <summary>Its memory, of a read or write.</summary>
    internal SegmentBatch Batch => batch!;

    /// <summary>Where a write ends that needs nothing but to be written; for all else, behind every file.</summary>
    internal long PlainWriteEnd => operation == IoOperation.Write && !forceUnitAccess
        ? offsetBytes + batch!.LengthBytes
        : long.MaxValue;

    internal void BeginTransfer(IoOperation transfer, long offset, SegmentBatch memory, bool isDurable)
    {
        (operation, offsetBytes, batch, forceUnitAccess) = (transfer, offset, memory, isDurable);
    }

    /// <summary>See <see cref="IFileEngine.ConfirmAcceptedAsync"/>: a flush by the other descriptor.</summary>
    internal void BeginConfirmation() => (operation, isConfirmation) = (IoOperation.Flush, true);

    internal void BeginRange(IoOperation range, long offset, long length, WriteZeroesFlags flags)
    {
        (operation, offsetBytes, lengthBytes, zeroing) = (range, offset, length, flags);
    }

    /// <summary>The call itself. Never throws: what is thrown is a defect, and its caller gets it.</summary>
    internal void Run(FileStore store)
    {
        try
        {
            result = operation switch
            {
                IoOperation.Read => FileCalls.Read(store, offsetBytes, batch!),
                IoOperation.Write => FileCalls.Write(store, offsetBytes, batch!, forceUnitAccess),
                IoOperation.Flush => TransferResult.Failed(
                    isConfirmation ? FileCalls.ConfirmAccepted(store) : FileCalls.Flush(store)),
                IoOperation.Discard => TransferResult.Failed(FileCalls.Discard(store, offsetBytes, lengthBytes)),
                _ => TransferResult.Failed(FileCalls.WriteZeroes(store, offsetBytes, lengthBytes, zeroing)),
            };
        }
        catch (Exception exception)
        {
            defect = exception;
        }

        Volatile.Write(ref isRun, true);
    }

    /// <summary>All of it was written, in a call together with others.</summary>
    internal void WasWritten()
    {
        result = TransferResult.Moved(batch!.LengthBytes);
        Volatile.Write(ref isRun, true);
    }

    /// <summary>Gives the result to the caller: here and now, or on a thread of the pool.</summary>
    internal void Complete(bool isHere)
    {
        var (outcome, thrown) = (result, defect);
        (batch, result, defect, isRun, isConfirmation) = (null, default, null, false, false);
        SetAnswer(outcome, thrown, isHere);
    }

    protected override void OnTaken() => giveBack(this);
}

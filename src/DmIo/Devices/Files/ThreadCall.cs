using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices.Files;

/// <summary>
/// One call of an engine that gathers calls, from its request until its result was taken; then it is reused.
/// <code>
///   idle --Begin--> begun --Run, on whichever thread--> run --Complete--> completed --result taken--> idle
/// </code>
/// </summary>
internal sealed class ThreadCall : AnswerSource, IQueueItem<ThreadCall>
{
    private readonly Action<ThreadCall> returnCall;
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

    /// <param name="returnCall">Takes the call back after its result was taken.</param>
    internal ThreadCall(Action<ThreadCall> returnCall) => this.returnCall = returnCall;

    public ThreadCall? Next { get; set; }

    /// <summary>The call was made, and <see cref="Complete"/> may follow.</summary>
    internal bool IsRun => Volatile.Read(ref isRun);

    internal long OffsetBytes => offsetBytes;

    /// <summary>The memory of a read or write.</summary>
    internal SegmentBatch Batch => batch!;

    /// <summary>The end of a plain write; for all other calls, a position after the end of any file.</summary>
    internal long PlainWriteEnd => operation == IoOperation.Write && !forceUnitAccess
        ? offsetBytes + batch!.LengthBytes
        : long.MaxValue;

    internal void BeginTransfer(IoOperation transfer, long offset, SegmentBatch memory, bool isDurable)
    {
        (operation, offsetBytes, batch, forceUnitAccess) = (transfer, offset, memory, isDurable);
    }

    /// <summary>See <see cref="IFileEngine.ConfirmAcceptedAsync"/>: a flush through the second descriptor.</summary>
    internal void BeginConfirmation() => (operation, isConfirmation) = (IoOperation.Flush, true);

    internal void BeginRange(IoOperation range, long offset, long length, WriteZeroesFlags flags)
    {
        (operation, offsetBytes, lengthBytes, zeroing) = (range, offset, length, flags);
    }

    /// <summary>Makes the call. Never throws: an exception is passed to the caller of the device.</summary>
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
                IoOperation.WriteZeroes => TransferResult.Failed(
                    FileCalls.WriteZeroes(store, offsetBytes, lengthBytes, zeroing)),
                _ => throw new InvalidOperationException($"{operation} is unknown."),
            };
        }
        catch (Exception exception)
        {
            defect = exception;
        }

        Volatile.Write(ref isRun, true);
    }

    /// <summary>The write was completed together with others.</summary>
    internal void WasWritten()
    {
        result = TransferResult.Moved(batch!.LengthBytes);
        Volatile.Write(ref isRun, true);
    }

    /// <summary>Completes the task of the caller: within this call, or on a pool thread.</summary>
    internal void Complete(bool isInline)
    {
        var (outcome, thrown) = (result, defect);
        (batch, result, defect, isRun, isConfirmation) = (null, default, null, false, false);
        SetAnswer(outcome, thrown, isInline);
    }

    protected override void OnTaken() => returnCall(this);
}

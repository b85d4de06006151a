using DmIo.Devices.Stores;
using DmIo.Io;

namespace DmIo.Devices.Files;

/// <summary>
/// One call of an engine that gathers calls, from its request until its result was taken; then it is reused.
/// <code>
///   idle --Begin--> begun --Run, on whichever thread--> run --Complete--> completed --result taken--> idle
/// </code>
/// </summary>
internal sealed class ThreadCall : TransferCompletionSource, IQueueItem<ThreadCall>
{
    private readonly Action<ThreadCall> returnCall;
    private DeviceOperation operation;
    private bool isConfirmation;
    private TransferResult result;
    private Exception? defect;
    private bool isRun;

    /// <param name="returnCall">Takes the call back after its result was taken.</param>
    internal ThreadCall(Action<ThreadCall> returnCall) => this.returnCall = returnCall;

    public ThreadCall? Next { get; set; }

    /// <summary>The call was made, and <see cref="Complete"/> may follow.</summary>
    internal bool IsRun => Volatile.Read(ref isRun);

    internal ref readonly DeviceOperation Operation => ref operation;

    /// <summary>The end of a plain write; for all other calls, a position after the end of any file.</summary>
    internal long PlainWriteEnd => operation is { Kind: IoOperation.Write, ForceUnitAccess: false }
        ? operation.OffsetBytes + operation.LengthBytes
        : long.MaxValue;

    internal void Begin(in DeviceOperation begun) => operation = begun;

    /// <summary>See <see cref="IFileEngine.ConfirmAcceptedAsync"/>: a flush through the second descriptor.</summary>
    internal void BeginConfirmation() => (operation, isConfirmation) = (DeviceOperation.Flush(), true);

    /// <summary>Makes the call. Never throws: an exception is passed to the caller of the device.</summary>
    internal void Run(FileStore store)
    {
        result = FileCalls.TryRun(store, operation, isConfirmation, out defect);
        Volatile.Write(ref isRun, true);
    }

    /// <summary>The write was completed together with others.</summary>
    internal void WasWritten()
    {
        result = TransferResult.Moved(operation.LengthBytes);
        Volatile.Write(ref isRun, true);
    }

    /// <summary>Completes the task of the caller: within this call, or on a pool thread.</summary>
    internal void Complete(bool isInline)
    {
        var (outcome, thrown) = (result, defect);
        (operation, result, defect, isRun, isConfirmation) = (default, default, null, false, false);
        SetResult(outcome, thrown, isInline);
    }

    protected override void OnResultTaken() => returnCall(this);
}

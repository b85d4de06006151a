using System.Threading.Tasks.Sources;
using DmIo.Io;

namespace DmIo.Devices;

/// <summary>
/// The reusable source of the task that a call to a device returns, so that a call allocates nothing.
/// <code>
///   idle --Task or StatusTask--> pending --SetResult--> completed --the result is taken--> OnResultTaken, idle
/// </code>
/// A derived class represents one call. Invariant: only the task of the current use can take the result, once.
/// </summary>
internal abstract class TransferCompletionSource : IValueTaskSource<TransferResult>, IValueTaskSource<IoStatus>
{
    private ManualResetValueTaskSourceCore<TransferResult> core;

    /// <summary>The task of the caller.</summary>
    internal ValueTask<TransferResult> Task => new(this, core.Version);

    /// <summary>The task of a caller that needs only the status.</summary>
    internal ValueTask<IoStatus> StatusTask => new(this, core.Version);

    /// <summary>Called when the result was taken: the source can be reused.</summary>
    protected abstract void OnResultTaken();

    /// <summary>Completes the task.</summary>
    /// <param name="result">The result.</param>
    /// <param name="exception">The exception that the caller gets instead of a result; null: none.</param>
    /// <param name="isInline">True: the continuation of the caller runs within this call; false: on a pool
    /// thread.</param>
    protected void SetResult(in TransferResult result, Exception? exception, bool isInline)
    {
        core.RunContinuationsAsynchronously = !isInline;
        if (exception is null)
        {
            core.SetResult(result);
        }
        else
        {
            core.SetException(exception);
        }
    }

    TransferResult IValueTaskSource<TransferResult>.GetResult(short token) => Take(token);

    IoStatus IValueTaskSource<IoStatus>.GetResult(short token) => Take(token).Status;

    ValueTaskSourceStatus IValueTaskSource<TransferResult>.GetStatus(short token) => core.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource<IoStatus>.GetStatus(short token) => core.GetStatus(token);

    void IValueTaskSource<TransferResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource<IoStatus>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);

    private TransferResult Take(short token)
    {
        Invariant.Require(core.GetStatus(token) != ValueTaskSourceStatus.Pending);
        try
        {
            return core.GetResult(token);
        }
        finally
        {
            core.Reset();
            OnResultTaken();
        }
    }
}

using System.Threading.Tasks.Sources;
using DmIo.Io;

namespace DmIo.Devices;

/// <summary>
/// The reusable source of the task that a call to a device returns, so that a call allocates nothing.
/// <code>
///   idle --Transfer or Status--> awaited --Answer--> answered --its answer is taken--> OnTaken, idle
/// </code>
/// A derived class represents one call. Invariant: only the task of the current use can take the result, once.
/// </summary>
internal abstract class AnswerSource : IValueTaskSource<TransferResult>, IValueTaskSource<IoStatus>
{
    private ManualResetValueTaskSourceCore<TransferResult> answer;

    /// <summary>The task of the caller.</summary>
    internal ValueTask<TransferResult> Transfer => new(this, answer.Version);

    /// <inheritdoc cref="Transfer"/>
    internal ValueTask<IoStatus> Status => new(this, answer.Version);

    /// <summary>Called when the result was taken: the source can be reused.</summary>
    protected abstract void OnTaken();

    /// <summary>Completes the task.</summary>
    /// <param name="result">The result; a status is a transfer of 0 bytes.</param>
    /// <param name="defect">The exception that the caller gets instead of a result; null: none.</param>
    /// <param name="isInline">True: the continuation of the caller runs within this call; false: on a pool
    /// thread.</param>
    protected void SetAnswer(in TransferResult result, Exception? defect, bool isInline)
    {
        answer.RunContinuationsAsynchronously = !isInline;
        if (defect is null)
        {
            answer.SetResult(result);
        }
        else
        {
            answer.SetException(defect);
        }
    }

    TransferResult IValueTaskSource<TransferResult>.GetResult(short token) => Take(token);

    IoStatus IValueTaskSource<IoStatus>.GetResult(short token) => Take(token).Status;

    ValueTaskSourceStatus IValueTaskSource<TransferResult>.GetStatus(short token) => answer.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource<IoStatus>.GetStatus(short token) => answer.GetStatus(token);

    void IValueTaskSource<TransferResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        answer.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource<IoStatus>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        answer.OnCompleted(continuation, state, token, flags);

    private TransferResult Take(short token)
    {
        Invariant.Require(answer.GetStatus(token) != ValueTaskSourceStatus.Pending);
        try
        {
            return answer.GetResult(token);
        }
        finally
        {
            answer.Reset();
            OnTaken();
        }
    }
}

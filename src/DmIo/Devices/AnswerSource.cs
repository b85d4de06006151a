using System.Threading.Tasks.Sources;
using DmIo.Io;

namespace DmIo.Devices;

/// <summary>
/// What the caller of a device waits for, from a source that is used again and again, so that a call allocates nothing.
/// <code>
///   idle --Transfer or Status--> awaited --Answer--> answered --its answer is taken--> OnTaken, idle
/// </code>
/// Whoever derives from it is one call. Invariant: only who has the task of this very use can take its answer, once.
/// </summary>
internal abstract class AnswerSource : IValueTaskSource<TransferResult>, IValueTaskSource<IoStatus>
{
    private ManualResetValueTaskSourceCore<TransferResult> answer;

    /// <summary>What the caller waits for.</summary>
    internal ValueTask<TransferResult> Transfer => new(this, answer.Version);

    /// <inheritdoc cref="Transfer"/>
    internal ValueTask<IoStatus> Status => new(this, answer.Version);

    /// <summary>Its answer was taken: it may be used again.</summary>
    protected abstract void OnTaken();

    /// <summary>Gives the caller what came of it.</summary>
    /// <param name="result">For a status, one with 0 bytes.</param>
    /// <param name="defect">What was thrown, if anything: the caller gets that instead.</param>
    /// <param name="isInline">Whoever waits goes on within this call; else on a thread of the pool.</param>
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

using DmIo.Io;

namespace DmIo.Actors;

/// <summary>A request whose outcome is a task's result. One object with the task's source, for one allocation
/// less. A token that is cancelled ends the task, and nothing else: the request stays among the outstanding until its
/// outcome comes, which nobody hears of then (R10).</summary>
internal sealed class TaskCompletion : TaskCompletionSource<IoResult>, IOutstanding
{
    private readonly OutstandingRequests outstanding;

    private readonly int regionCount;

    private CancellationTokenRegistration cancellation;

    internal TaskCompletion(OutstandingRequests outstanding, int regionCount, object? context)
        : base(context, TaskCreationOptions.RunContinuationsAsynchronously)
    {
        this.outstanding = outstanding;
        this.regionCount = regionCount;
    }

    public int Slot { get; set; }

    /// <summary>Once, when it is among the outstanding and before it is sent.</summary>
    internal void CancelBy(CancellationToken token)
    {
        cancellation = token.UnsafeRegister(
            static (completion, cancelled) => ((TaskCompletion)completion!).TrySetCanceled(cancelled), this);
        if (Task.IsCompleted)
        {
            // The client's end came between.
            cancellation.Unregister();
        }
    }

    public void Done(IoResult result)
    {
        if (outstanding.Remove(this))
        {
            End(result);
        }
    }

    public void Refused(IoRefusal cause, string reason)
    {
        if (outstanding.Remove(this))
        {
            cancellation.Unregister();
            TrySetException(new IoRefusedException(reason, cause));
        }
    }

    public void Stop(string reason) => End(IoResults.Stopped(regionCount, reason, Task.AsyncState));

    private void End(IoResult result)
    {
        cancellation.Unregister();
        TrySetResult(result);
    }
}

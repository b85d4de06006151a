using DmIo.Io;

namespace DmIo.Actors;

/// <summary>A request whose outcome is a task's result. One object with the task's source, for one allocation
/// less.</summary>
internal sealed class TaskCompletion : TaskCompletionSource<IoResult>, IOutstanding
{
    private readonly OutstandingRequests outstanding;

    private readonly int regionCount;

    internal TaskCompletion(OutstandingRequests outstanding, int regionCount, object? context)
        : base(context, TaskCreationOptions.RunContinuationsAsynchronously)
    {
        this.outstanding = outstanding;
        this.regionCount = regionCount;
    }

    public int Slot { get; set; }

    public void Done(IoResult result)
    {
        if (outstanding.Remove(this))
        {
            SetResult(result);
        }
    }

    public void Refused(IoRefusal cause, string reason)
    {
        if (outstanding.Remove(this))
        {
            SetException(new IoRefusedException(reason));
        }
    }

    public void Stop(string reason) => SetResult(IoResults.Stopped(regionCount, reason, Task.AsyncState));
}

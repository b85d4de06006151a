using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Io;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Client;

/// <summary>
/// A request whose outcome is a task's result. The object is also the task's source, which saves an allocation. A
/// canceled token ends the task and asks the request actor to withdraw the request, which it does unless the request
/// was dispatched (R10). The request remains outstanding until its outcome, which is discarded.
/// </summary>
internal sealed class TaskCompletion : TaskCompletionSource<IoResult>, IOutstanding, ICancelableCompletion
{
    private readonly OutstandingRequests outstanding;

    private readonly IActorRef requests;

    private readonly int regionCount;

    private CancellationTokenRegistration cancellation;

    internal TaskCompletion(OutstandingRequests outstanding, IActorRef requests, int regionCount, object? context)
        : base(context, TaskCreationOptions.RunContinuationsAsynchronously)
    {
        this.outstanding = outstanding;
        this.requests = requests;
        this.regionCount = regionCount;
    }

    public int Slot { get; set; }

    public bool IsCanceled => Task.IsCanceled;

    public object? Accepted { get; set; }

    /// <summary>Called once, after the request was added to the outstanding requests and before it is sent.</summary>
    internal void CancelBy(CancellationToken token)
    {
        cancellation = token.UnsafeRegister(
            static (completion, canceled) => ((TaskCompletion)completion!).Cancel(canceled), this);
        if (Task.IsCompleted)
        {
            // The client ended before the registration.
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

    private void Cancel(CancellationToken canceled)
    {
        if (TrySetCanceled(canceled))
        {
            requests.Tell(new WithdrawRequest(this), ActorRefs.NoSender);
        }
    }

    private void End(IoResult result)
    {
        cancellation.Unregister();
        TrySetResult(result);
    }
}

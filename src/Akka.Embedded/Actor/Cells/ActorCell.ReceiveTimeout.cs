// The receive timeout: a message to oneself after a time without messages. Each message that counts starts it anew.
namespace Akka.Actor;

internal sealed partial class ActorCell
{
    private ICancelable? _pendingReceiveTimeout;

    private bool _usesReceiveTimeout;       // Nearly no actor does: the others pay for this one look.

    public TimeSpan? ReceiveTimeout { get; private set; }

    public void SetReceiveTimeout(TimeSpan? timeout)
    {
        ReceiveTimeout = timeout;
        _usesReceiveTimeout = true;
    }

    internal void CheckReceiveTimeout(bool reschedule)
    {
        if (ReceiveTimeout is not { } timeout)
        {
            CancelReceiveTimeout();
            _usesReceiveTimeout = false;
        }
        else if (reschedule || _pendingReceiveTimeout is null)
        {
            CancelReceiveTimeout();
            _pendingReceiveTimeout = SystemImpl.Scheduler.ScheduleTellOnceCancelable(
                timeout, _self, Akka.Actor.ReceiveTimeout.Instance, _self);
        }
    }

    private void CancelReceiveTimeout()
    {
        _pendingReceiveTimeout?.Cancel();
        _pendingReceiveTimeout = null;
    }
}

// Where a test goes on after an await: on the pool, with the test actor as the sender of what it tells there.

using Akka.Actor;
using Akka.Actor.Internal;

namespace Akka.TestKit;

internal sealed class SenderKeepingContext(ActorCell? sender) : SynchronizationContext
{
    public override SynchronizationContext CreateCopy() => new SenderKeepingContext(sender);

    public override void Post(SendOrPostCallback d, object? state)
        => ThreadPool.QueueUserWorkItem(_ => Run(d, state));

    public override void Send(SendOrPostCallback d, object? state) => Run(d, state);

    private void Run(SendOrPostCallback callback, object? state)
    {
        var outerSender = InternalCurrentActorCellKeeper.Current;
        var outerContext = Current;
        InternalCurrentActorCellKeeper.Current = sender;
        SetSynchronizationContext(this);
        try
        {
            callback(state);
        }
        finally
        {
            InternalCurrentActorCellKeeper.Current = outerSender;
            SetSynchronizationContext(outerContext);
        }
    }
}

using Akka.Actor;

namespace DmIo.Actors.Client;

/// <summary>
/// Cancels a token when the supervisor has stopped, so that a caller does not wait forever for a reply. The actor is a
/// child of /system, which stops after /user and the supervisor.
/// </summary>
internal sealed class SupervisorWatch : UntypedActor
{
    private readonly CancellationTokenSource stopped;

    public SupervisorWatch(IActorRef supervisor, CancellationTokenSource stopped)
    {
        this.stopped = stopped;
        Context.Watch(supervisor);
    }

    internal static Props Props(IActorRef supervisor, CancellationTokenSource stopped) =>
        Akka.Actor.Props.Create(() => new SupervisorWatch(supervisor, stopped));

    protected override void PostStop() => stopped.Cancel();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Terminated:
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}

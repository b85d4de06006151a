using Akka.Actor;

namespace DmIo.Actors.Client;

/// <summary>
/// Cancels a token when the supervisor is dead, so that whoever waits for its answer does not wait for ever. Lives
/// under /system: with the system it stops after the supervisor.
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

using Akka.Actor;

namespace DmIo.Actors;

/// <summary>
/// Completes a task when the supervisor is dead, so that whoever waits for its answer does not wait for ever. Lives
/// under /system: with the system it stops after the supervisor.
/// </summary>
internal sealed class SupervisorWatch : UntypedActor
{
    private readonly TaskCompletionSource stopped;

    public SupervisorWatch(IActorRef supervisor, TaskCompletionSource stopped)
    {
        this.stopped = stopped;
        Context.Watch(supervisor);
    }

    internal static Props Props(IActorRef supervisor, TaskCompletionSource stopped) =>
        Akka.Actor.Props.Create(() => new SupervisorWatch(supervisor, stopped));

    protected override void PostStop() => stopped.TrySetResult();

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

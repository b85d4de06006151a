using Akka.Actor;
using static DmIo.Actors.GuardianProtocol;

namespace DmIo.Actors;

/// <summary>
/// Parent of the device actors, or of the request actors. It stops what throws and restarts nothing: a second
/// incarnation would write beside the I/O that the first left in flight (R22).
/// </summary>
internal sealed class GuardianActor : UntypedActor
{
    internal static SupervisorStrategy StopAlways { get; } = new OneForOneStrategy(_ => Directive.Stop);

    internal static Props Props() => Akka.Actor.Props.Create(() => new GuardianActor());

    protected override SupervisorStrategy SupervisorStrategy() => StopAlways;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Spawn spawn:
                Sender.Tell(new Spawned(spawn.Token, Context.ActorOf(spawn.Props, spawn.Name)), Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}

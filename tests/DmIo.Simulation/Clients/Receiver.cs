using Akka.Actor;

namespace DmIo.Simulation;

/// <summary>An actor of the application. It passes each message to a delegate of the simulation.</summary>
internal sealed class Receiver(Action<object> receive) : UntypedActor
{
    protected override void OnReceive(object message) => receive(message);
}

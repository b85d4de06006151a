using Akka.Actor;

namespace DmIo.Simulation;

/// <summary>An actor of the application: what it hears, the simulation hears.</summary>
internal sealed class Ear(Action<object> hear) : UntypedActor
{
    protected override void OnReceive(object message) => hear(message);
}

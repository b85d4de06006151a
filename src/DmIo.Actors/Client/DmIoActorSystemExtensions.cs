using Akka.Actor;

namespace DmIo.Actors.Client;

/// <summary>The service, from the actor system.</summary>
public static class DmIoActorSystemExtensions
{
    /// <summary>The same as <see cref="DmIoService.For"/>.</summary>
    public static DmIoService DmIo(this ActorSystem system) => DmIoService.For(system);
}

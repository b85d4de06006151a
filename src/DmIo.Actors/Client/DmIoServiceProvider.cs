using Akka.Actor;

namespace DmIo.Actors.Client;

/// <summary>
/// Creates the <see cref="DmIoService"/> of an actor system, once. To start the service with the system, add
/// <c>akka.extensions = ["DmIo.Actors.Client.DmIoServiceProvider, DmIo.Actors"]</c> to the configuration of the system.
/// </summary>
public sealed class DmIoServiceProvider : ExtensionIdProvider<DmIoService>
{
    /// <inheritdoc/>
    public override DmIoService CreateExtension(ExtendedActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return new DmIoService(system);
    }
}

/// <summary>Provides access to the service from the actor system.</summary>
public static class DmIoActorSystemExtensions
{
    /// <summary>Equivalent to <see cref="DmIoService.For"/>.</summary>
    public static DmIoService DmIo(this ActorSystem system) => DmIoService.For(system);
}

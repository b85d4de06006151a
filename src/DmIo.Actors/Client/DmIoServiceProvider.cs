using Akka.Actor;

namespace DmIo.Actors.Client;

/// <summary>
/// Makes the <see cref="DmIoService"/> of an actor system, once. To start it with the system, write in its
/// configuration <c>akka.extensions = ["DmIo.Actors.Client.DmIoServiceProvider, DmIo.Actors"]</c>.
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

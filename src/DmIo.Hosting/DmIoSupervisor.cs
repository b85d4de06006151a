using DmIo.Actors.Protocol;

namespace DmIo.Hosting;

/// <summary>
/// The key of the service's supervisor (<c>/user/dmio</c>, which handles the messages of <see cref="ServiceProtocol"/>)
/// in the <c>ActorRegistry</c>: <c>IRequiredActor&lt;DmIoSupervisor&gt;</c>.
/// </summary>
public sealed class DmIoSupervisor
{
    private DmIoSupervisor()
    {
    }
}

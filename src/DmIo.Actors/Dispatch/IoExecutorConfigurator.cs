using Akka.Configuration;
using Akka.Dispatch;

namespace DmIo.Actors.Dispatch;

/// <summary>Makes the <see cref="IoExecutor"/> of a dispatcher: <c>executor = "DmIo.Actors.IoExecutorConfigurator,
/// DmIo.Actors"</c>. Akka.NET creates it by reflection.</summary>
/// <param name="config">The dispatcher's block; no key of it is read.</param>
/// <param name="prerequisites">Akka.NET's.</param>
internal sealed class IoExecutorConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    /// <inheritdoc/>
    public override ExecutorService Produce(string id) =>
        new IoExecutor(id, static work => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false));
}

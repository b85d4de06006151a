using Akka.Configuration;
using Akka.Dispatch;

namespace DmIo.Actors.Dispatch;

/// <summary>Creates the <see cref="IoExecutor"/> of a dispatcher: <c>executor =
/// "DmIo.Actors.Dispatch.IoExecutorConfigurator, DmIo.Actors"</c>. Akka.NET instantiates it by reflection.</summary>
/// <param name="config">The dispatcher's block, of which no key is read.</param>
/// <param name="prerequisites">Akka.NET's prerequisites.</param>
internal sealed class IoExecutorConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    /// <inheritdoc/>
    public override ExecutorService Produce(string id) =>
        new IoExecutor(id, static work => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false));
}

using Akka.Actor;
using DmIo.Actors;
using Microsoft.Extensions.Hosting;

namespace DmIo.Nbd;

/// <summary>
/// A server that starts and ends with a host: in front of the dm-io service of the actor system that the host's
/// services have. Made by <see cref="NbdHosting.AddNbdServer"/>; ask the services for it to add and remove exports
/// later.
/// </summary>
public sealed class NbdServerHost : IHostedService
{
    private readonly ActorSystem system;
    private readonly NbdServerOptions options;
    private readonly IReadOnlyList<NbdExport> exports;
    private NbdServer? server;

    internal NbdServerHost(ActorSystem system, NbdServerOptions options, IReadOnlyList<NbdExport> exports)
    {
        this.system = system;
        this.options = options;
        this.exports = exports;
    }

    /// <summary>The server.</summary>
    /// <exception cref="InvalidOperationException">The host has not started it.</exception>
    public NbdServer Server => Volatile.Read(ref server)
        ?? throw new InvalidOperationException("The host has not started the server.");

    /// <summary>Called by the host. Clients may come when it is done.</summary>
    /// <exception cref="IoRefusedException">An address is not to be had, or a device is not attached. The message names
    /// it, and the host does not start.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var started = await NbdServer.StartAsync(system, options).ConfigureAwait(false);
        try
        {
            foreach (var export in exports)
            {
                await started.AddExportAsync(export, cancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            await started.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        Volatile.Write(ref server, started);
    }

    /// <summary>Called by the host: requests in flight are answered, within
    /// <see cref="NbdServerLimits.Drain"/>.</summary>
    public Task StopAsync(CancellationToken cancellationToken) =>
        server?.DisposeAsync().AsTask().WaitAsync(cancellationToken) ?? Task.CompletedTask;
}

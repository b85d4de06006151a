using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Protocol;
using DmIo.Nbd.Server;

namespace DmIo.Hosting.Servers;

/// <summary>
/// The NBD servers of <c>dmio.nbd-servers</c>, by name, from the start of the host to its end. Use it to add and remove
/// exports, and to look up addresses and ports. Thread-safe.
/// </summary>
public sealed class HostedNbdServers : IExtension
{
    private readonly ActorSystem system;
    private IReadOnlyDictionary<string, NbdServer>? servers;

    private HostedNbdServers(ActorSystem system) => this.system = system;

    /// <summary>The names of the started servers, in ordinal order; empty until the host has started.</summary>
    public IEnumerable<string> Names => (Volatile.Read(ref servers)?.Keys ?? []).Order(StringComparer.Ordinal);

    /// <summary>Returns the server of a name.</summary>
    /// <exception cref="InvalidOperationException">The host has not started the server, or the server is not
    /// configured.</exception>
    public NbdServer this[string name] => Volatile.Read(ref servers) switch
    {
        null => throw new InvalidOperationException($"The host has not started the NBD server '{name}'."),
        var started when started.TryGetValue(name, out var server) => server,
        _ => throw new InvalidOperationException(
            $"There is no NBD server '{name}' in dmio.nbd-servers, which has: {string.Join(", ", Names)}."),
    };

    internal static HostedNbdServers For(ActorSystem system) =>
        system.WithExtension<HostedNbdServers, Provider>();

    /// <summary>Starts all servers, once. If one cannot be started, those started before it are stopped. An export
    /// whose device is missing, as the device's <c>on-missing</c> allows, is added when the device is
    /// attached.</summary>
    /// <exception cref="IoRefusedException">A server cannot listen on an address, or a device is neither attached nor
    /// missing; the message names it.</exception>
    internal async Task StartAsync()
    {
        if (servers is not null)
        {
            return;
        }

        var started = new Dictionary<string, NbdServer>(StringComparer.Ordinal);
        try
        {
            foreach (var settings in NbdServerSettings.ReadAll(system.Settings.Config))
            {
                var server = await NbdServer.StartAsync(system, settings.Options).ConfigureAwait(false);
                started.Add(settings.Name, server);
                WarnOfUnknownExports(settings);
                foreach (var export in settings.Exports)
                {
                    _ = await server.AddExportOrWaitAsync(export).ConfigureAwait(false);
                }
            }
        }
        catch
        {
            foreach (var server in started.Values)
            {
                await server.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }

        Volatile.Write(ref servers, started);
    }

    /// <summary>Logs a warning, not an error: the application may add the export later.</summary>
    private void WarnOfUnknownExports(NbdServerSettings settings)
    {
        var names = settings.Exports.Select(export => export.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (client, allowed) in
            settings.Options.Tls?.ClientExports ?? new Dictionary<string, IReadOnlyList<string>>())
        {
            foreach (var unknown in allowed.Where(export => !names.Contains(export)))
            {
                Logging.GetLogger(system, this).Warning(
                    "The NBD server '{0}' allows the client '{1}' the export '{2}', which is not configured.",
                    settings.Name,
                    client,
                    unknown);
            }
        }
    }

    private sealed class Provider : ExtensionIdProvider<HostedNbdServers>
    {
        public override HostedNbdServers CreateExtension(ExtendedActorSystem system) => new(system);
    }
}

using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Hosting.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DmIo.Hosting;

/// <summary>Registers the service and its clients for dependency injection.</summary>
public static class DmIoServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="DmIoService"/> and <see cref="HostedNbdServers"/> of the host's actor system, which
    /// <c>WithDmIo</c> configures. <see cref="AddDmIoClient"/> includes this.
    /// </summary>
    public static IServiceCollection AddDmIo(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(provider => DmIoService.For(provider.GetRequiredService<ActorSystem>()));
        services.TryAddSingleton(provider => HostedNbdServers.For(provider.GetRequiredService<ActorSystem>()));
        return services;
    }

    /// <summary>
    /// Registers an <see cref="IoClient"/> with its own lease under a name: <c>[FromKeyedServices("journal")]
    /// IoClient</c>. The client is opened with the actor system, before the actors that are added after
    /// <see cref="DmIoAkkaExtensions.WithDmIo(Akka.Hosting.AkkaConfigurationBuilder)"/>; a lease that the pool cannot
    /// grant fails the start. The client remains open until the service stops, and the container disposes of it: do not
    /// dispose of it in the application.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="name">The key.</param>
    /// <param name="pages">The pages (4096 bytes each) of I/O that the client may have in flight at once; at least
    /// 1.</param>
    /// <param name="weight">The lease's share of a device that several leases use, 1 to 10000, in proportion to the
    /// weights of the others.</param>
    /// <exception cref="ArgumentException">There is already a client of that name.</exception>
    public static IServiceCollection AddDmIoClient(
        this IServiceCollection services, string name, int pages, int weight = LeaseWeight.Default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var lease = new NamedLease(name);
        if (services.Any(added => !added.IsKeyedService && lease.Equals(added.ImplementationInstance)))
        {
            throw new ArgumentException(
                $"A client '{name}' is already added; use another name.", nameof(name));
        }

        services.AddDmIo();
        services.AddSingleton(lease);

        // Hosted services are constructed before the first of them starts, so a constructor may resolve a client before
        // the actor system has started: then this call starts the service, like every first use.
        services.AddKeyedSingleton(name, (provider, _) =>
            provider.GetRequiredService<DmIoService>().OpenAsync(pages, weight: weight).GetAwaiter().GetResult());
        return services;
    }
}

/// <summary>A lease whose client is a keyed service of this name.</summary>
internal sealed record NamedLease(string Name);

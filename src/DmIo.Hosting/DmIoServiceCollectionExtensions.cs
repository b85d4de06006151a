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
    /// Registers an <see cref="IoClient"/> with a lease of its own under a name:
    /// <c>[FromKeyedServices("journal")] IoClient</c>. It is opened with the actor system, before the actors that are
    /// added after <see cref="DmIoAkkaExtensions.WithDmIo(Akka.Hosting.AkkaConfigurationBuilder)"/>; a lease that the
    /// pool can't grant fails the start. It serves as long as the service does, and the container disposes of it: do
    /// not dispose of it in the application.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="name">The key.</param>
    /// <param name="pages">Pages of 4096 bytes of I/O that it may have in flight at once; at least 1.</param>
    /// <param name="weight">Its share of a device that several leases use, 1 to 10000, in proportion to the weights of
    /// the others.</param>
    /// <exception cref="ArgumentException">There is a client of that name.</exception>
    public static IServiceCollection AddDmIoClient(
        this IServiceCollection services, string name, int pages, int weight = LeaseWeight.Default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var lease = new NamedLease(name);
        if (services.Any(added => !added.IsKeyedService && lease.Equals(added.ImplementationInstance)))
        {
            throw new ArgumentException(
                $"A client '{name}' is added already; give this one another name.", nameof(name));
        }

        services.AddDmIo();
        services.AddSingleton(lease);

        // Hosted services are constructed before the first of them starts, so a constructor may get here before the
        // system has: then this starts the service, as every first use does.
        services.AddKeyedSingleton(name, (provider, _) =>
            provider.GetRequiredService<DmIoService>().OpenAsync(pages, weight: weight).GetAwaiter().GetResult());
        return services;
    }
}

using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DmIo.Nbd;

/// <summary>Network disks in a generic or ASP.NET Core host.</summary>
public static class NbdHosting
{
    /// <summary>
    /// Serves devices from the start of the host to its end. The host's services have to have an
    /// <see cref="ActorSystem"/>, and its dm-io service the devices: by configuration, or attached by a hosted service
    /// that was added before.
    /// </summary>
    /// <param name="services">The host's.</param>
    /// <param name="options">Where the server listens, and to whom.</param>
    /// <param name="exports">What it serves from the start; <see cref="NbdServerHost.Server"/> takes more.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddNbdServer(
        this IServiceCollection services, NbdServerOptions options, params IReadOnlyList<NbdExport> exports)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(exports);

        // A host may have several servers: each is known by a key of its own, and by its type.
        var key = new object();
        return services
            .AddKeyedSingleton(key, (provider, _) =>
                new NbdServerHost(provider.GetRequiredService<ActorSystem>(), options, exports))
            .AddSingleton(provider => provider.GetRequiredKeyedService<NbdServerHost>(key))
            .AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<NbdServerHost>(key));
    }
}

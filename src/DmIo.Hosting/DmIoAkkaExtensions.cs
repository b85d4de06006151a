using Akka.Actor;
using Akka.Configuration;
using Akka.DependencyInjection;
using Akka.Hosting;
using DmIo.Actors.Client;
using DmIo.Actors.Configuration;
using DmIo.Hosting.Configuration;
using DmIo.Hosting.Servers;
using DmIo.Volumes.Client;
using DmIo.Volumes.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DmIo.Hosting;

/// <summary>
/// Adds the service to an actor system of Akka.Hosting. Settings come from code, from an <see cref="IConfiguration"/>
/// and from HOCON (<c>AddHocon</c>). They are merged into one block <c>dmio</c>, where a later call overrides an
/// earlier one, key by key (except with <see cref="HoconAddMode.Append"/>), and are validated together at the start. An
/// invalid setting fails the start with a <see cref="ConfigurationException"/> that names the key.
/// </summary>
public static class DmIoAkkaExtensions
{
    private const string ShutdownTimeout = "dmio.shutdown-timeout";

    /// <summary>
    /// Starts the service with the system, configured by HOCON alone, then opens the clients of
    /// <see cref="DmIoServiceCollectionExtensions.AddDmIoClient"/>. The NBD servers start at the end, after all actors.
    /// A failure of any of these fails the start of the host. The supervisor is registered in the
    /// <see cref="ActorRegistry"/> as <see cref="DmIoSupervisor"/>.
    /// </summary>
    public static AkkaConfigurationBuilder WithDmIo(this AkkaConfigurationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        // Akka.Hosting uses CoordinatedShutdown before the service starts: the service's phase must be declared here.
        var configured = builder.Configuration.GetOrElse(Config.Empty);
        return builder.AddHocon(DmIoService.DefaultConfig(ShutdownTimeoutOf(configured)), HoconAddMode.Append)
            .StartActors(StartAsync)
            .AddStartup((system, _) => HostedNbdServers.For(system).StartAsync());
    }

    /// <summary>Starts the service with settings from code.</summary>
    public static AkkaConfigurationBuilder WithDmIo(
        this AkkaConfigurationBuilder builder, Action<DmIoOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new DmIoOptions();
        configure(options);
        return builder.WithSettings(options.ToTree());
    }

    /// <summary>Starts the service with settings from a configuration such as <c>appsettings.json</c>.</summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="section">The contents of the block <c>dmio</c>, as in <c>Configuration.GetSection("DmIo")</c>. Keys
    /// may be written as in HOCON or as <c>MaxPages</c>.</param>
    /// <exception cref="ConfigurationException">A setting occurs twice, with different spellings.</exception>
    public static AkkaConfigurationBuilder WithDmIo(this AkkaConfigurationBuilder builder, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(section);
        return builder.WithSettings(ConfigurationTree.Read(section, builder.Configuration.GetOrElse(Config.Empty)));
    }

    /// <summary>Serves devices to NBD clients, as <c>dmio.nbd-servers</c> does. The server accepts clients at the end
    /// of the start; <see cref="HostedNbdServers"/> returns it by name. If a device of an export is not attached by
    /// then, the start fails; but if the device is missing as its <c>on-missing</c> allows, the export is added when
    /// the device is attached.</summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="name">The name of the server. Settings of the same server from other sources are merged with these
    /// settings.</param>
    /// <param name="configure">Sets the addresses and exports of the server.</param>
    public static AkkaConfigurationBuilder WithNbdServer(
        this AkkaConfigurationBuilder builder, string name, Action<DmIoNbdServerOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new DmIoNbdServerOptions();
        configure(options);
        return builder.WithSettings(new HoconTree { ["nbd-servers"] = new HoconTree { [name] = options.ToTree() } });
    }

    /// <summary>Opens a replicated volume of the service's devices, as <c>dmio.volumes</c> does: before the clients and
    /// before the actors that are added after this call. It is closed when the actor system terminates, before the
    /// service stops. If it cannot be opened, the start fails. The volume must have been created
    /// (<c>DmIoService.CreateVolumeAsync</c>, <c>dmio volume create</c>).</summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="name">The name of the volume as a device. Settings of the same volume from other sources are merged
    /// with these settings.</param>
    /// <param name="configure">Sets the legs and witnesses.</param>
    public static AkkaConfigurationBuilder WithVolume(
        this AkkaConfigurationBuilder builder, string name, Action<DmIoVolumeOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new DmIoVolumeOptions();
        configure(options);
        return builder.WithSettings(new HoconTree { ["volumes"] = new HoconTree { [name] = options.ToTree() } });
    }

    private static AkkaConfigurationBuilder WithSettings(this AkkaConfigurationBuilder builder, HoconTree settings)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var config = settings.ToConfig("dmio");
        if (ShutdownTimeoutOf(config) is { } timeout)
        {
            // The setting overrides earlier ones, and so does the phase's timeout.
            config = config.WithFallback(DmIoService.DefaultConfig(timeout));
        }

        return builder.AddHocon(config, HoconAddMode.Prepend).WithDmIo();
    }

    /// <summary>Null: not set, or not a duration, which fails the start.</summary>
    private static TimeSpan? ShutdownTimeoutOf(Config config) =>
        config.HasPath(ShutdownTimeout) && DurationSyntax.TryParse(config.GetString(ShutdownTimeout), out var timeout)
            ? timeout
            : null;

    /// <summary>Runs once for each call above; components that have started are skipped.</summary>
    private static async Task StartAsync(ActorSystem system, IActorRegistry registry, IDependencyResolver resolver)
    {
        // Before a device is opened, so that an invalid server or volume fails the start without cleanup.
        _ = NbdServerSettings.ReadAll(system.Settings.Config);
        _ = VolumeSettings.ReadAll(system.Settings.Config);
        registry.TryRegister<DmIoSupervisor>(DmIoService.For(system).Supervisor);
        _ = await DmIoService.For(system).OpenConfiguredVolumesAsync().ConfigureAwait(false);
        var provider = resolver.GetService<IServiceProvider>();
        foreach (var lease in provider.GetServices<NamedLease>())
        {
            _ = provider.GetRequiredKeyedService<IoClient>(lease.Name);
        }
    }
}

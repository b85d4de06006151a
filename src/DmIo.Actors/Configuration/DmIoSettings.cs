using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using DmIo.Actors.Scheduling;
using DmIo.Memory;

namespace DmIo.Actors.Configuration;

/// <summary>
/// The block <c>dmio { }</c> of a configuration, with <c>hocon/reference.conf</c> as its fallback, read once and
/// strictly: an unknown key or an invalid value is a <see cref="ConfigurationException"/> that names the key's full
/// path. That file documents every key.
/// </summary>
internal sealed record DmIoSettings
{
    private const string ReferenceResource = "DmIo.Actors.reference.conf";

    /// <summary>The block that DmIo.Hosting reads.</summary>
    private const string NbdServers = "nbd-servers";

    /// <summary>The block that DmIo.Volumes reads.</summary>
    private const string Volumes = "volumes";

    internal static readonly TimeSpan MaxShutdownTimeout = TimeSpan.FromHours(1);

    /// <summary>The limit of pages in all leases together.</summary>
    internal required int MaxPages { get; init; }

    /// <summary>The number of pages that the pool allocates from the operating system at a time.</summary>
    internal required int SlabPages { get; init; }

    /// <summary>Detects accesses to pages by code that does not own them.</summary>
    internal bool ChecksPages { get; init; }

    /// <summary>The limit of requests that wait for a lease's credit, per page of the lease.</summary>
    internal required int WaitingPerPage { get; init; }

    /// <summary>The dispatcher of the service's actors; null: the system's default.</summary>
    internal required string? Dispatcher { get; init; }

    /// <summary>Runs work that may block and belongs to no actor: callbacks, extent queries, closing devices, polling
    /// devices whose actor died. By default on the thread pool, which remains available after the actor system has
    /// ended.</summary>
    internal Action<IThreadPoolWorkItem> Background { get; init; } = static work =>
        ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);

    /// <summary>The limit on the wait for I/O in flight when the system ends.</summary>
    internal required TimeSpan ShutdownTimeout { get; init; }

    /// <summary>The phase of CoordinatedShutdown in which the service drains.</summary>
    internal string ShutdownPhase { get; init; } = ShutdownPhases.Own;

    /// <summary>The path of a unix socket on which <c>dmio</c> serves the status; null: none.</summary>
    internal string? HttpSocket { get; init; }

    /// <summary>The address on which <c>dmio</c> serves the status, as text; null: none.</summary>
    internal string? HttpListen { get; init; }

    /// <summary>See <see cref="InspectionSetup"/>.</summary>
    internal bool IsInspection { get; init; }

    /// <summary>The default queue depth of devices.</summary>
    internal required QueueDepth QueueDepth { get; init; }

    /// <summary>The default policy of devices.</summary>
    internal required SchedulingPolicy Policy { get; init; }

    /// <summary>The default of <see cref="DeviceSettings.SlowAfter"/>.</summary>
    internal TimeSpan SlowAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The default of <see cref="DeviceSettings.UnhealthyAfter"/>.</summary>
    internal TimeSpan UnhealthyAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The name of the provider type of each URI scheme.</summary>
    internal IReadOnlyDictionary<string, string> DeviceProviders { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The default of <see cref="DeviceSettings.OpenTimeout"/>.</summary>
    internal TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The devices to open and attach at the start, by name in ordinal order.</summary>
    internal required IReadOnlyList<DeviceSettings> Devices { get; init; }

    /// <summary>The defaults of every key: <c>hocon/reference.conf</c>.</summary>
    internal static Config Reference { get; } =
        ConfigurationFactory.FromResource(ReferenceResource, typeof(DmIoSettings).Assembly);

    /// <summary>The device of this name is slow if its oldest operation is in flight for longer.</summary>
    internal TimeSpan SlowAfterOf(string name) =>
        Devices.FirstOrDefault(device => device.Name == name)?.SlowAfter ?? SlowAfter;

    /// <summary>Reads the settings of an actor system.</summary>
    /// <exception cref="ConfigurationException">An unknown key or an invalid value.</exception>
    internal static DmIoSettings Read(Settings system)
    {
        var settings = Read(system.Config);
        var background = system.Setup.Get<BackgroundSetup>();
        settings = background.HasValue ? settings with { Background = background.Value.Run } : settings;
        return system.Setup.Get<InspectionSetup>().HasValue
            ? settings with { IsInspection = true }
            : settings;
    }

    /// <summary>Reads <c>dmio { }</c> of a system's configuration.</summary>
    /// <exception cref="ConfigurationException">An unknown key or an invalid value; the message names the key and the
    /// valid values.</exception>
    internal static DmIoSettings Read(Config config) => ReadComplete(config.WithFallback(Reference));

    /// <summary>Reads <c>dmio { }</c> of a configuration that has every key.</summary>
    internal static DmIoSettings ReadComplete(Config config)
    {
        var reader = new SettingsReader(config.GetValue("dmio")!, "dmio");
        var pool = reader.Section("pool");
        var leases = reader.Section("leases");
        var http = reader.Section("http");
        var faultDefaults = reader.Section("fault-defaults");
        var deviceDefaults = reader.Section("device-defaults");
        FaultSettings.ReadRule(faultDefaults);
        DeviceSettings.CheckDefaults(deviceDefaults, faultDefaults);
        var dispatcher = reader.Text("dispatcher", "the name of a dispatcher, or empty", _ => true);
        reader.Section("default-dispatcher");
        var socket = http.Text("socket", "the path of a unix socket, or empty", _ => true);
        var listen = http.Text("listen", "an address and a port, or empty", _ => true);
        var settings = new DmIoSettings
        {
            MaxPages = (int)pool.Number("max-pages", 1, int.MaxValue),
            SlabPages = (int)pool.Number("slab-pages", 1, PageSlab.MaxPages),
            ChecksPages = pool.Flag("check"),
            WaitingPerPage = (int)leases.Number("waiting-per-page", 1, 1 << 20),
            Dispatcher = dispatcher.Length == 0 ? null : dispatcher,
            HttpSocket = socket.Length == 0 ? null : socket,
            HttpListen = listen.Length == 0 ? null : listen,
            ShutdownPhase = reader.Text("shutdown-phase", "the name of a phase of CoordinatedShutdown", _ => true),
            ShutdownTimeout = reader.Duration("shutdown-timeout", MaxShutdownTimeout),
            QueueDepth = DeviceSettings.ReadQueueDepth(deviceDefaults),
            Policy = DeviceSettings.ReadPolicy(deviceDefaults),
            OpenTimeout = deviceDefaults.Duration("open-timeout", TimeSpan.FromHours(1)),
            SlowAfter = DeviceSettings.ReadSlowAfter(deviceDefaults),
            UnhealthyAfter = DeviceSettings.ReadUnhealthyAfter(deviceDefaults),
            DeviceProviders = reader.Section("device-providers").Texts("the name of a type, \"Type, Assembly\""),
            Devices = ReadDevices(reader.Section("devices"), deviceDefaults, faultDefaults),
        };
        _ = reader.Section(NbdServers);
        _ = reader.Section(Volumes);
        pool.RefuseUnknownKeys();
        leases.RefuseUnknownKeys();
        http.RefuseUnknownKeys();
        reader.RefuseUnknownKeys();
        return settings;
    }

    private static DeviceSettings[] ReadDevices(
        SettingsReader devices, SettingsReader deviceDefaults, SettingsReader faultDefaults) =>
        [.. devices.Keys.Select(name =>
            DeviceSettings.Read(name, devices.Section(name, deviceDefaults), faultDefaults))];
}

/// <summary>An actor system setup that inspects configured devices: the service creates nothing. A file that
/// <c>create-size</c> would create counts as missing, and missing devices are not retried.</summary>
internal sealed class InspectionSetup : Setup;

/// <summary>An actor system setup for simulations: runs <see cref="DmIoSettings.Background"/> of the service instead of
/// the thread pool.</summary>
internal sealed class BackgroundSetup(Action<IThreadPoolWorkItem> run) : Setup
{
    internal Action<IThreadPoolWorkItem> Run => run;
}

/// <summary>The dispatcher of the service's actors: <c>dmio.dispatcher</c>.</summary>
internal static class DispatcherProps
{
    internal static Props WithDispatcherOf(this Props props, DmIoSettings settings) =>
        settings.Dispatcher is { } dispatcher ? props.WithDispatcher(dispatcher) : props;

    /// <summary>Called before any device is opened.</summary>
    /// <exception cref="ConfigurationException">The setting names no dispatcher of the system.</exception>
    internal static void CheckDispatcher(this DmIoSettings settings, ActorSystem system)
    {
        try
        {
            _ = settings.Dispatcher is { } name ? system.Dispatchers.Lookup(name) : null;
        }
        catch (Exception fault)
        {
            // For an invalid name, Akka.NET throws exceptions of many types.
            throw new ConfigurationException(
                $"dmio.dispatcher is '{settings.Dispatcher}', which is the path of no dispatcher: {fault.Message}",
                fault);
        }
    }
}

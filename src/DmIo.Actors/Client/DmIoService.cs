using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using DmIo.Actors.Configuration;
using DmIo.Actors.Devices;
using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Service;
using DmIo.Actors.Telemetry;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Client;

/// <summary>
/// The dm-io service of an actor system, as an Akka.NET extension: <c>await DmIoService.For(system).OpenAsync(pages:
/// 64)</c>. The first use starts the service (<c>/user/dmio</c>) with the system's settings under <c>dmio</c> and
/// attaches the devices configured there; a bad setting or device fails the start. The service stops with the system,
/// in the phase <c>dmio.shutdown-phase</c> of CoordinatedShutdown, which lets I/O in flight finish for
/// <c>dmio.shutdown-timeout</c>.
/// </summary>
/// <remarks>Thread-safe.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "Ends with the actor system; a token holds nothing else.")]
public sealed class DmIoService : IExtension
{
    private readonly DmIoSettings settings;
    private readonly ServiceCounters counters;
    private readonly StatisticsSections sections = new();
    private readonly DeviceProviders providers;
    private readonly ConfiguredDevices configured;
    private readonly MissingDevices missing = new();
    private readonly ExtendedActorSystem system;
    private readonly CancellationTokenSource stopped = new();
    private readonly ILoggingAdapter log;
    private readonly ServiceDrain drain;
    private long lastClient;

    internal DmIoService(ExtendedActorSystem system)
    {
        this.system = system;
        log = Logging.GetLogger(system, typeof(DmIoService));
        var own = system.Settings.Config;
        system.Settings.InjectTopLevelFallback(DmIoSettings.Reference);
        settings = DmIoSettings.Read(system.Settings);
        settings.CheckDispatcher(system);
        var phase = ShutdownPhases.Choose(system, settings, log);
        drain = new ServiceDrain(system, settings, log);
        counters = new ServiceCounters(system.Scheduler);
        providers = new DeviceProviders(settings.DeviceProviders);
        var config = system.Settings.Config;
        configured = Task.Run(() => ConfiguredDevices.OpenAsync(settings, providers, config))
            .GetAwaiter().GetResult();
        Supervisor = StartSupervisor();
        ConfiguredStart.Attach(configured, this, system);
        ConfiguredStart.Log(log, configured, own);
        missing.Start(system, this, configured);
        CoordinatedShutdown.Get(system).AddTask(phase, "dmio-drain", DrainAsync);
    }

    /// <summary>The supervisor actor, which handles the messages of <see cref="ServiceProtocol"/>.</summary>
    public IActorRef Supervisor { get; }

    internal ActorSystem System => system;

    internal DeviceDirectory Directory { get; } = new();

    internal ServiceCounters Counters => counters;

    internal DmIoSettings Settings => settings;

    /// <inheritdoc cref="ServiceDrain.CloseFirst"/>
    internal void CloseFirst(Func<Task> close) => drain.CloseFirst(close);

    /// <summary>Returns the service of this system, and starts it at the first call. The start blocks the calling
    /// thread until the configured devices are open and attached.</summary>
    /// <exception cref="ConfigurationException">An unknown key or invalid value under <c>dmio</c>, or a configured
    /// device cannot be opened and its <c>on-missing</c> is <c>fail</c>. The message names the key or
    /// device.</exception>
    public static DmIoService For(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return system.WithExtension<DmIoService, DmIoServiceProvider>();
    }

    /// <summary>
    /// Declares the phase <c>dmio-stop</c> of CoordinatedShutdown, in which the service stops. Use this as a fallback
    /// of the actor system's configuration if CoordinatedShutdown is in use before the service starts, as with
    /// <c>akka.actor.provider = cluster</c>; otherwise the service declares the phase.
    /// </summary>
    /// <param name="shutdownTimeout"><c>dmio.shutdown-timeout</c>, 0 s to 1 h; null: its default, 4 s. The phase may
    /// take a second longer.</param>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative, or longer than 1 h.</exception>
    public static Config DefaultConfig(TimeSpan? shutdownTimeout = null)
    {
        var timeout = shutdownTimeout ?? DmIoSettings.ReadComplete(DmIoSettings.Reference).ShutdownTimeout;
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero, nameof(shutdownTimeout));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            timeout, DmIoSettings.MaxShutdownTimeout, nameof(shutdownTimeout));
        return ShutdownPhases.Declare(timeout);
    }

    /// <summary>The configured devices that were missing at the start and are still not attached, by name in ordinal
    /// order.</summary>
    public IReadOnlyList<MissingDevice> MissingDevices => missing.All;

    /// <summary>Gets a lease and returns a client for it (Linux dm-io: <c>dm_io_client_create</c>). Dispose of the
    /// client to put the lease back.</summary>
    /// <param name="pages">The pages (4096 bytes each) of I/O that the client may have in flight at once; at least 1.
    /// All or none are granted.</param>
    /// <param name="wait">True: if there are not enough free pages, wait for them in order. False: throw.</param>
    /// <param name="weight">The lease's share of a device that several leases use, 1 to 10000, in proportion to the
    /// weights of the others.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IoRefusedException">There are not enough pages, or the service has stopped.</exception>
    /// <exception cref="OperationCanceledException">Canceled while waiting; no page is taken.</exception>
    public async Task<IoClient> OpenAsync(
        int pages,
        bool wait = false,
        int weight = LeaseWeight.Default,
        CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var opening = new ClientOpening(pages, wait, weight, cancellationToken);
        try
        {
            system.SystemActorOf(
                ClientActor.Props(opening, Supervisor, settings.Background, log),
                $"dmio-client-{Interlocked.Increment(ref lastClient)}");
        }
        catch (InvalidOperationException)
        {
            // The system guardian is terminating: it stops after the supervisor.
            opening.Refuse(ClientOpening.ServiceStopped, IoRefusal.Stopped);
        }

        using var refusal = stopped.Token.UnsafeRegister(
            static opening => ((ClientOpening)opening!).Refuse(ClientOpening.ServiceStopped, IoRefusal.Stopped),
            opening);
        return await opening.Task;
    }

    /// <summary>Attaches a device under a name. The service owns the device from this call on, and closes it even if
    /// the attach is refused.</summary>
    /// <param name="name">The name that regions use: 1 to 255 characters, none of them control characters, <c>@</c> or
    /// <c>,</c>.</param>
    /// <param name="device">The open device.</param>
    /// <param name="queueDepth">Operations in flight at once; null: <c>dmio.device-defaults.queue-depth</c>.</param>
    /// <param name="policy">The order of its operations; null: <c>dmio.device-defaults.policy</c>.</param>
    /// <param name="cancellationToken">Ends the wait, not the attaching.</param>
    /// <exception cref="IoRefusedException">The name is invalid or in use, or the service has stopped.</exception>
    public async Task<DeviceDescription> AttachAsync(
        string name,
        IBlockDevice device,
        QueueDepth? queueDepth = null,
        SchedulingPolicy? policy = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        var handover = new DeviceHandover();
        var attach = new AttachDevice(name, device, queueDepth, policy) { Handover = handover };
        object reply;
        try
        {
            reply = await AskAsync(attach, cancellationToken);
        }
        catch (IoRefusedException) when (handover.TryTake())
        {
            await device.DisposeAsync();
            throw;
        }

        var description = Expect<DeviceAttached>(reply).Description;
        missing.Remove(name);
        return description;
    }

    /// <summary>Opens the device of a URI with the provider of its scheme (<c>dmio.device-providers</c>), and attaches
    /// it.</summary>
    /// <param name="name">The name that regions use.</param>
    /// <param name="uri">As in <c>nbd://host:10809/name</c>.</param>
    /// <param name="isReadOnly">Writes, discards and zeroes fail with the status ReadOnly.</param>
    /// <param name="queueDepth">Operations in flight at once; null: <c>dmio.device-defaults.queue-depth</c>.</param>
    /// <param name="policy">The order of its operations; null: <c>dmio.device-defaults.policy</c>.</param>
    /// <param name="cancellationToken">Ends the opening, or the wait for the attaching.</param>
    /// <exception cref="DeviceOpenException">The device cannot be opened; the message names the URI, the fault and the
    /// fix.</exception>
    /// <exception cref="IoRefusedException">The name is invalid or in use, or the service has stopped.</exception>
    public async Task<DeviceDescription> AttachAsync(
        string name,
        string uri,
        bool isReadOnly = false,
        QueueDepth? queueDepth = null,
        SchedulingPolicy? policy = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (DeviceName.FaultOf(name) is { } fault)
        {
            throw new IoRefusedException(fault);
        }

        var opening = new DeviceOpening { Uri = uri, IsReadOnly = isReadOnly, QueueDepth = queueDepth };
        var device = await providers.OpenAsync(opening, settings.OpenTimeout, cancellationToken);
        if (isReadOnly && !device.Description.IsReadOnly)
        {
            device = new LimitedDevice(device, description => description with { IsReadOnly = true });
        }

        return await AttachAsync(name, device, queueDepth, policy, cancellationToken);
    }

    /// <summary>
    /// Detaches a device: completes when its operations in flight are done and the device is closed. Later requests
    /// that name it get DeviceGone.
    /// </summary>
    /// <param name="name">The name that regions use.</param>
    /// <param name="cancellationToken">Ends the wait, not the detaching.</param>
    /// <exception cref="IoRefusedException">There is no such device, or it is being detached, or the service has
    /// stopped.</exception>
    public async Task DetachAsync(string name, CancellationToken cancellationToken = default) =>
        Expect<DeviceDetached>(await AskAsync(new DetachDevice(name), cancellationToken));

    /// <summary>
    /// Puts a device whose flush failed (state <see cref="DeviceState.Failed"/>) back into service, without closing it.
    /// This gives up every write that was acknowledged and is not covered by a later successful flush: such a write may
    /// be on the disk or not, and no later flush reports it. Compare or restore the data of the device, or write it
    /// again. The operations in flight end first, then the cache is written out and dropped, so that reads return what
    /// the disk holds.
    /// </summary>
    /// <param name="name">The name that regions use.</param>
    /// <param name="cancellationToken">Ends the wait, not the reopening.</param>
    /// <exception cref="IoRefusedException">There is no such device, it has not failed, is being detached or reopened,
    /// or still rejects writes and therefore stays failed; or the service has stopped.</exception>
    public async Task ReopenAsync(string name, CancellationToken cancellationToken = default) =>
        Expect<DeviceReopened>(await AskAsync(new ReopenDevice(name), cancellationToken));

    /// <summary>The attached devices, by name in ordinal order.</summary>
    public async Task<IReadOnlyList<DeviceStatus>> GetDevicesAsync(CancellationToken cancellationToken = default) =>
        Expect<DeviceList>(await AskAsync(GetDevices.Instance, cancellationToken)).Devices;

    /// <summary>The extents of a range, as the device reports them without reading it. Not ordered with its
    /// I/O.</summary>
    /// <param name="device">The name that regions use.</param>
    /// <param name="start">The first sector.</param>
    /// <param name="count">The number of sectors, at least 1.</param>
    /// <param name="max">The largest number of extents to return, 1 to 65536.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Extents in order from the first sector, at least one. They may end before the range does: continue with
    /// another call from there.</returns>
    /// <exception cref="IoRefusedException">There is no such device, the range does not fit it, or the device does not
    /// report extents.</exception>
    public async Task<IReadOnlyList<DeviceExtent>> GetExtentsAsync(
        string device,
        Sector start,
        SectorCount count,
        int max = 1024,
        CancellationToken cancellationToken = default) =>
        Expect<Extents>(await AskAsync(new GetExtents(device, start, count, max), cancellationToken)).List;

    /// <summary>The state of the page pool: pages that are free, leased and draining.</summary>
    public async Task<PoolStatus> GetPoolStatusAsync(CancellationToken cancellationToken = default) =>
        Expect<PoolStatus>(await AskAsync(GetPoolStatus.Instance, cancellationToken));

    /// <summary>The counters of the service. Reading them stops no device and no lease.</summary>
    public async Task<ServiceStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default) =>
        sections.AddTo(Expect<ServiceStatistics>(await AskAsync(GetStatistics.Instance, cancellationToken)));

    /// <summary>The counters of the service, read without a message: also while its actors are busy.</summary>
    internal ServiceStatistics ReadStatistics() => sections.AddTo(counters.Snapshot());

    /// <summary>Adds a section to the statistics: for example the counters of a
    /// server in front of the service.</summary>
    /// <param name="name">The name of the section; several sections may have the same name.</param>
    /// <param name="read">Called for each <see cref="ServiceStatistics"/>, on any thread, possibly
    /// concurrently.</param>
    /// <returns>Dispose of it to remove the section.</returns>
    public IDisposable AddSection(string name, Func<JsonElement> read)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(read);
        return sections.Add(name, read);
    }

    /// <summary>Releases the operations that are stuck at a device with <c>stuck = on</c>. Later operations do not get
    /// stuck.</summary>
    /// <returns>The number of released operations.</returns>
    /// <exception cref="IoRefusedException">No device of that name is configured with <c>stuck = on</c>.</exception>
    internal int ReleaseStuck(string name) => configured.Release(name)
        ?? throw new IoRefusedException($"'{name}' is not configured with stuck = on, so nothing is stuck there.");

    private static T Expect<T>(object reply) => reply switch
    {
        T expected => expected,
        AttachRefused refused => throw new IoRefusedException(refused.Reason, refused.Cause),
        ExtentsRefused refused => throw new IoRefusedException(refused.Reason),
        ReopenRefused refused => throw new IoRefusedException(refused.Reason),
        DetachRefused refused => throw new IoRefusedException(refused.Reason),
        _ => throw new InvalidOperationException($"The service answered {reply}; {typeof(T).Name} was due."),
    };

    private async Task<object> AskAsync(object message, CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopped.Token);
        try
        {
            return await Supervisor.Ask<object>(message, Timeout.InfiniteTimeSpan, giveUp.Token);
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            throw new IoRefusedException(ClientOpening.ServiceStopped, IoRefusal.Stopped);
        }
    }

    private IActorRef StartSupervisor()
    {
        try
        {
            var supervisor = system.ActorOf(SupervisorActor.Props(settings, Directory, counters), "dmio");
            system.SystemActorOf(SupervisorWatch.Props(supervisor, stopped), "dmio-watch");
            return supervisor;
        }
        catch
        {
            // The application has an actor of that name, or the system is terminating.
            configured.CloseFrom(0);
            stopped.Cancel();
            throw;
        }
    }

    private async Task<Done> DrainAsync()
    {
        await drain.RunAsync(Supervisor, stopped.Token);
        return Done.Instance;
    }
}

using System.Net;
using System.Net.Sockets;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Actors.Configuration;
using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.Native;
using static DmIo.Nbd.Server.NbdServerProtocol;

namespace DmIo.Nbd.Server;

/// <summary>
/// Serves devices of an actor system's dm-io service to NBD clients: qemu, the Linux kernel, fio, nbdcopy, or
/// <c>DmIo.Nbd</c> on another machine. Exports can be added and removed while the server runs. The server ends with
/// <see cref="DisposeAsync"/> or with the actor system, whichever is first, and answers requests in flight within
/// <see cref="NbdServerLimits.Drain"/>. When the system shuts down, the server stops accepting connections in
/// <see cref="NbdServerOptions.UnbindPhase"/>, and ends in <see cref="NbdServerOptions.StopPhase"/>.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public sealed class NbdServer : IAsyncDisposable
{
    private static int lastName;

    private readonly ActorSystem system;
    private readonly IActorRef actor;
    private readonly Task stopped;
    private readonly ServerTls? tls;

    private NbdServer(
        ActorSystem system, IActorRef actor, IReadOnlyList<EndPoint> endPoints, Task stopped, ServerTls? tls)
    {
        this.system = system;
        this.actor = actor;
        this.stopped = stopped;
        this.tls = tls;
        EndPoints = endPoints;
    }

    /// <summary>The addresses of the server: those of the options, with the ports that the system chose.</summary>
    public IReadOnlyList<EndPoint> EndPoints { get; }

    /// <summary>Starts a server without exports.</summary>
    /// <exception cref="IoRefusedException">The options are invalid, an address cannot be used, or a certificate cannot
    /// be read; or the system has no threads or descriptors for the server. The message names the cause.</exception>
    /// <exception cref="ConfigurationException">The service of the actor system is not running, and cannot be
    /// started.</exception>
    public static async Task<NbdServer> StartAsync(ActorSystem system, NbdServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(options);
        if (Fault(options) is { } fault)
        {
            throw new IoRefusedException(fault);
        }

        // Throws configuration errors here instead of in the actor.
        _ = DmIoService.For(system);
        CheckPhase(system, nameof(options.UnbindPhase), options.UnbindPhase);
        CheckPhase(system, nameof(options.StopPhase), options.StopPhase);
        var state = new ServerState(system, options, Logging.GetLogger(system, typeof(NbdServer)));
        var listeners = Listen(options.EndPoints);
        EndPoint[] endPoints = [.. listeners.Select(listener => listener.EndPoint)];
        var name = $"dmio-nbd-{Interlocked.Increment(ref lastName)}";
        var (started, stopped) = (NewSignal(), NewSignal());
        IActorRef serving;
        try
        {
            if (state.ConnectionLimit.StartFault(LowestFreeDescriptor()) is { } full)
            {
                throw new IoRefusedException(full);
            }

            serving = system.ActorOf(NbdServerActor.Props(state, listeners, started, stopped), name);
            if (await Task.WhenAny(started.Task, system.WhenTerminated).ConfigureAwait(false) != started.Task)
            {
                throw new IoRefusedException("The actor system has terminated.");
            }

            await started.Task.ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            listeners.ForEach(listener => listener.Dispose());
            throw failure is IoRefusedException
                ? failure
                : new IoRefusedException($"The server at {endPoints[0]} cannot start: {Errno.Explain(failure)}");
        }

        var server = new NbdServer(system, serving, endPoints, stopped.Task, state.Tls);
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(options.UnbindPhase, $"{name}-unbind", server.UnbindAsync);
        shutdown.AddTask(options.StopPhase, name, async () =>
        {
            await server.DisposeAsync().ConfigureAwait(false);
            return Done.Instance;
        });
        return server;
    }

    /// <summary>Adds an export.</summary>
    /// <exception cref="IoRefusedException">The export's name is invalid or in use, the device is not attached, there
    /// are not enough pages, or the server has ended. The message names the cause.</exception>
    public async Task<NbdExportStatus> AddExportAsync(
        NbdExport export, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(export);
        return await AskAsync<NbdExportStatus>(new AddExport(export), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Adds an export. If its device is missing (<see cref="DmIoService.MissingDevices"/>), the export is
    /// added when the device is attached.</summary>
    /// <returns>Null: the export waits for its device. The wait is logged, and the export cannot be removed before it
    /// is added.</returns>
    /// <exception cref="IoRefusedException">See <see cref="AddExportAsync"/>. Errors that occur after the wait are
    /// logged.</exception>
    public async Task<NbdExportStatus?> AddExportOrWaitAsync(
        NbdExport export, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(export);
        if (DmIoService.For(system).MissingDevices.All(device => device.Name != export.Device))
        {
            return await AddExportAsync(export, cancellationToken).ConfigureAwait(false);
        }

        if (ExportRules.Check(export) is { } fault)
        {
            throw new IoRefusedException(fault);
        }

        Logging.GetLogger(system, typeof(NbdServer)).Warning(
            "The export '{0}' of the server at {1} waits for its device '{2}', which is missing.",
            export.Name,
            EndPoints[0],
            export.Device);
        system.ActorOf(WaitingExportActor.Props(this, export, stopped));
        return null;
    }

    /// <summary>Removes an export. Completes when the requests in flight are answered, the connections are closed, and
    /// the pages are returned to the pool.</summary>
    /// <param name="name">The name of the export.</param>
    /// <param name="cancellationToken">Cancels the wait, not the removal.</param>
    /// <exception cref="IoRefusedException">The export does not exist, or the server has ended.</exception>
    public async Task RemoveExportAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        await AskAsync<ExportRemoved>(new RemoveExport(name), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The exports and connections of the server.</summary>
    /// <exception cref="IoRefusedException">The server has ended.</exception>
    public Task<NbdServerStatus> GetStatusAsync(CancellationToken cancellationToken = default) =>
        AskAsync<NbdServerStatus>(GetStatus.Instance, cancellationToken);

    /// <summary>The URIs of an export: one for each of <see cref="EndPoints"/>. An unspecified address (0.0.0.0) is
    /// replaced with the name of the machine. With TLS, the host is a name in the server's certificate, if it has one;
    /// for a unix socket, that is <c>tls-hostname</c>.</summary>
    public IReadOnlyList<NbdUri> UrisOf(string export) => [.. EndPoints.Select(endPoint => endPoint is IPEndPoint tcp
        ? NbdUri.Tcp(HostOf(tcp.Address), tcp.Port, export, tls is not null)
        : NbdUri.Unix(endPoint.ToString()!, export, tls is not null) with { TlsHostname = tls?.NameForUnix })];

    /// <summary>Stops listening, answers requests in flight, closes the connections and returns the pages of the
    /// exports. Completes when all of that is done.</summary>
    public async ValueTask DisposeAsync()
    {
        actor.Tell(Stop.Instance, ActorRefs.NoSender);
        await stopped.ConfigureAwait(false);
    }

    private string HostOf(IPAddress address)
    {
        var isAny = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
        var host = isAny ? Dns.GetHostName() : address.ToString();
        return tls?.HostFor(host) ?? host;
    }

    /// <summary>The first invalid option, as a sentence; null: the options are valid.</summary>
    internal static string? Fault(NbdServerOptions options)
    {
        if (options.EndPoints is not { Count: > 0 })
        {
            return "The server has no address; specify an address or a unix socket.";
        }

        foreach (var endPoint in options.EndPoints)
        {
            if (endPoint is not (IPEndPoint or UnixDomainSocketEndPoint))
            {
                return $"'{endPoint}' is neither an address nor a unix socket.";
            }

            if (endPoint is IPEndPoint tcp && !IPAddress.IsLoopback(tcp.Address)
                && options.Tls?.Mode != NbdTlsMode.Required && !options.AllowsInsecure)
            {
                return $"{tcp} is reachable from other machines, and TLS is not required: require TLS, listen "
                    + "on loopback or a unix socket, or set AllowsInsecure.";
            }
        }

        return options.Limits is null ? "The limits of the server are null." : options.Limits.Fault();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The descriptor that the next connection would get; 0: unknown.</summary>
    private static long LowestFreeDescriptor()
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        return LinuxNative.IsAvailable ? probe.Handle : 0;
    }

    private static void CheckPhase(ActorSystem system, string option, string phase)
    {
        if (ShutdownPhases.FaultOf(system, phase) is { } fault)
        {
            throw new IoRefusedException($"The server's {option} is '{phase}', {fault}");
        }
    }

    private static List<NbdListener> Listen(IReadOnlyList<EndPoint> endPoints)
    {
        var listeners = new List<NbdListener>();
        try
        {
            foreach (var endPoint in endPoints)
            {
                listeners.Add(new NbdListener(endPoint));
            }
        }
        catch (IoRefusedException)
        {
            listeners.ForEach(listener => listener.Dispose());
            throw;
        }

        return listeners;
    }

    private async Task<Done> UnbindAsync()
    {
        try
        {
            await AskAsync<Unbound>(Unbind.Instance, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IoRefusedException)
        {
            // The server has ended.
        }

        return Done.Instance;
    }

    private async Task<T> AskAsync<T>(object message, CancellationToken cancellationToken)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reply = actor.Ask<object>(message, Timeout.InfiniteTimeSpan, cancellation.Token);
        if (await Task.WhenAny(reply, stopped).ConfigureAwait(false) != reply)
        {
            await cancellation.CancelAsync().ConfigureAwait(false);
            throw new IoRefusedException($"The server at {EndPoints[0]} has ended.");
        }

        return await reply.ConfigureAwait(false) switch
        {
            T expected => expected,
            Refused refused => throw new IoRefusedException(refused.Reason),
            var other => throw new InvalidOperationException($"The server answered {other}."),
        };
    }
}

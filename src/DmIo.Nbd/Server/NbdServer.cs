using System.Net;
using System.Net.Sockets;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Actors.Configuration;
using DmIo.Actors.Protocol;
using static DmIo.Nbd.Server.NbdServerProtocol;

namespace DmIo.Nbd.Server;

/// <summary>
/// Serves devices of the dm-io service of an actor system to NBD clients: qemu, the Linux kernel, fio, nbdcopy, or
/// another machine's <c>DmIo.Nbd</c>. Exports come and go while it runs. It ends with <see cref="DisposeAsync"/> or
/// with the system, whichever is first: requests in flight are answered, within <see cref="NbdServerLimits.Drain"/>.
/// When the system ends, it stops accepting connections in <see cref="NbdServerOptions.UnbindPhase"/>, and ends in
/// <see cref="NbdServerOptions.StopPhase"/>.
/// </summary>
/// <remarks>All members may be used from any thread.</remarks>
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

    /// <summary>Where it listens: as in the options, with the ports that the system chose.</summary>
    public IReadOnlyList<EndPoint> EndPoints { get; }

    /// <summary>Listens. No export is there yet.</summary>
    /// <exception cref="IoRefusedException">The options are no good, an address is not to be had, or a certificate
    /// can't be read. The message names it.</exception>
    /// <exception cref="ConfigurationException">The service of the system does not run yet, and can't be
    /// started.</exception>
    public static Task<NbdServer> StartAsync(ActorSystem system, NbdServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(options);
        if (Fault(options) is { } fault)
        {
            throw new IoRefusedException(fault);
        }

        // What is wrong with it is to be heard here, and not by the actor alone.
        _ = DmIoService.For(system);
        CheckPhase(system, nameof(options.UnbindPhase), options.UnbindPhase);
        CheckPhase(system, nameof(options.StopPhase), options.StopPhase);
        var state = new ServerState(system, options, Logging.GetLogger(system, typeof(NbdServer)));
        var listeners = Listen(options.EndPoints);
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var name = $"dmio-nbd-{Interlocked.Increment(ref lastName)}";
        var serving = system.ActorOf(NbdServerActor.Props(state, listeners, end), name);
        var server = new NbdServer(
            system, serving, [.. listeners.Select(listener => listener.EndPoint)], end.Task, state.Tls);
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(options.UnbindPhase, $"{name}-unbind", server.UnbindAsync);
        shutdown.AddTask(options.StopPhase, name, async () =>
        {
            await server.DisposeAsync().ConfigureAwait(false);
            return Done.Instance;
        });
        return Task.FromResult(server);
    }

    /// <summary>Offers an export to clients from now on.</summary>
    /// <exception cref="IoRefusedException">Its name is taken or no name, a device is not attached, there are not
    /// enough pages, or the server has ended. The message names it.</exception>
    public async Task<NbdExportStatus> AddExportAsync(
        NbdExport export, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(export);

        // A list of the caller's own making may throw or change: here it is his, in the actor it would be everybody's.
        var copy = export with { Devices = [.. export.Devices ?? []] };
        return await AskAsync<NbdExportStatus>(new AddExport(copy), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same; but if one of its devices is missing (<see cref="DmIoService.MissingDevices"/>), the export
    /// is offered once all of them are attached.</summary>
    /// <returns>Null: it waits for its devices, which the log says, and cannot be removed before it is
    /// offered.</returns>
    /// <exception cref="IoRefusedException">As of <see cref="AddExportAsync"/>. What is refused only when the devices
    /// are attached goes to the log.</exception>
    public async Task<NbdExportStatus?> AddExportOrWaitAsync(
        NbdExport export, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(export);
        var copy = export with { Devices = [.. export.Devices ?? []] };
        var missing = DmIoService.For(system).MissingDevices.Select(device => device.Name);
        if (copy.Devices.Intersect(missing, StringComparer.Ordinal).FirstOrDefault() is not { } device)
        {
            return await AddExportAsync(copy, cancellationToken).ConfigureAwait(false);
        }

        if (ExportRules.Check(copy) is { } fault)
        {
            throw new IoRefusedException(fault);
        }

        Logging.GetLogger(system, typeof(NbdServer)).Warning(
            "The export '{0}' of the server at {1} waits for its device '{2}', which is missing.",
            copy.Name,
            EndPoints[0],
            device);
        system.ActorOf(WaitingExportActor.Props(this, copy, stopped));
        return null;
    }

    /// <summary>
    /// Takes an export back: completes when its connections are cut, behind what they had in flight, and its pages are
    /// back in the pool.
    /// </summary>
    /// <param name="name">The export's.</param>
    /// <param name="cancellationToken">Ends the wait, not the removal.</param>
    /// <exception cref="IoRefusedException">There is no such export, or the server has ended.</exception>
    public async Task RemoveExportAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        await AskAsync<ExportRemoved>(new RemoveExport(name), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What it serves, and to whom.</summary>
    /// <exception cref="IoRefusedException">The server has ended.</exception>
    public Task<NbdServerStatus> GetStatusAsync(CancellationToken cancellationToken = default) =>
        AskAsync<NbdServerStatus>(GetStatus.Instance, cancellationToken);

    /// <summary>How clients name an export: one URI for each of <see cref="EndPoints"/>; where that is any address of
    /// this machine, by the machine's name. With TLS, by a name that the server's certificate has, if it has one; for a
    /// unix socket, by <c>tls-hostname</c>.</summary>
    public IReadOnlyList<NbdUri> UrisOf(string export) => [.. EndPoints.Select(endPoint => endPoint is IPEndPoint tcp
        ? NbdUri.Tcp(HostOf(tcp.Address), tcp.Port, export, tls is not null)
        : NbdUri.Unix(endPoint.ToString()!, export, tls is not null) with { TlsHostname = tls?.NameForUnix })];

    /// <summary>
    /// Stops listening, lets requests in flight end, closes the connections and puts the exports' pages back. Completes
    /// when all that is done.
    /// </summary>
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

    /// <summary>Why no server can have these options; null: one can.</summary>
    internal static string? Fault(NbdServerOptions options)
    {
        if (options.EndPoints is not { Count: > 0 })
        {
            return "A server listens somewhere; name an address or a unix socket.";
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
                return $"{tcp} can be reached from other machines, and TLS is not required there: require it, listen "
                    + "on loopback or a unix socket, or allow it as insecure.";
            }
        }

        return options.Limits is null ? "A server has limits." : options.Limits.Fault();
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
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reply = actor.Ask<object>(message, Timeout.InfiniteTimeSpan, giveUp.Token);
        if (await Task.WhenAny(reply, stopped).ConfigureAwait(false) != reply)
        {
            await giveUp.CancelAsync().ConfigureAwait(false);
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

using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.Nbd.Server.Exports;
using DmIo.Nbd.Transport;
using static DmIo.Nbd.Server.NbdServerProtocol;

namespace DmIo.Nbd.Server;

/// <summary>
/// One server: its listeners, connections and exports. Data does not pass through the actor.
/// <code>
///   Serving --Unbind--> Serving, not listening
///   Serving --Stop--> Stopping --all exports are removed--> stopped
/// </code>
/// Invariant: a stopped actor has no listener and no connection.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "PostStop disposes the listeners.")]
internal sealed class NbdServerActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly ServerState state;
    private readonly IReadOnlyList<NbdListener> listeners;
    private readonly TaskCompletionSource started;
    private readonly TaskCompletionSource stopped;
    private readonly DmIoService service = DmIoService.For(Context.System);
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly HashSet<ServedExport> closing = [];
    private readonly List<NbdListener> failed = [];
    private StatusPublisher? display;
    private bool isUnbound;

    public NbdServerActor(
        ServerState state,
        IReadOnlyList<NbdListener> listeners,
        TaskCompletionSource started,
        TaskCompletionSource stopped)
    {
        this.started = started;
        this.state = state;
        this.listeners = listeners;
        this.stopped = stopped;
    }

    public ITimerScheduler Timers { get; set; } = null!; // set by the runtime, as for every IWithTimers

    /// <param name="state">The state of the server.</param>
    /// <param name="listeners">The listeners, which the actor disposes when it stops.</param>
    /// <param name="started">Completes when the actor accepts connections, and fails if the actor cannot start.</param>
    /// <param name="stopped">Completes when the actor has stopped.</param>
    internal static Props Props(
        ServerState state,
        IReadOnlyList<NbdListener> listeners,
        TaskCompletionSource started,
        TaskCompletionSource stopped) =>
        Akka.Actor.Props.Create(() => new NbdServerActor(state, listeners, started, stopped));

    protected override void PreStart()
    {
        try
        {
            Start();
        }
        catch (Exception fault)
        {
            started.SetException(fault);
            throw;
        }

        started.SetResult();
    }

    private void Start()
    {
        Context.System.EventStream.Subscribe(Self, typeof(ServiceEvents.DeviceGrown));
        Timers.StartPeriodicTimer(nameof(CheckTimeouts), CheckTimeouts.Instance, CheckInterval);
        display = new StatusPublisher(service, state.Status);
        if (state.ConnectionLimit.Notice is { } notice)
        {
            state.Log.Warning(notice);
        }

        foreach (var listener in listeners)
        {
            Run(listener);
        }
    }

    protected override void PostStop()
    {
        state.IsClosing = true;
        Context.System.EventStream.Unsubscribe(Self);
        display?.Dispose();
        CloseListeners();
        foreach (var connection in state.Connections)
        {
            connection.Abort("The server was stopped.");
        }

        foreach (var export in state.Exports)
        {
            export.Export.Client.Dispose();
        }

        stopped.TrySetResult();
    }

    protected override void PostRestart(Exception reason) => Context.Stop(Self);

    /// <summary>The state Serving.</summary>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ConnectionAccepted accepted when isUnbound:
                accepted.Socket.Dispose();
                break;
            case ConnectionAccepted accepted:
                Accept(accepted.Socket);
                break;
            case AddExport add:
                Add(add.Export);
                break;
            case ExportPrepared prepared:
                Open(prepared);
                break;
            case RemoveExport remove:
                Remove(remove.Name);
                break;
            case Stop:
                BeginStop();
                break;
            default:
                ReceiveInAnyState(message);
                break;
        }
    }

    private void Stopping(object message)
    {
        switch (message)
        {
            case ConnectionAccepted accepted:
                accepted.Socket.Dispose();
                break;
            case AddExport or RemoveExport:
                Sender.Tell(new Refused("The server is shutting down."), Self);
                break;
            case ExportPrepared prepared:
                prepared.Client?.Dispose();
                prepared.ReplyTo.Tell(new Refused("The server is shutting down."), Self);
                break;
            case Stop:
                break;
            default:
                ReceiveInAnyState(message);
                StopWhenEmpty();
                break;
        }
    }

    /// <summary>Messages that are handled in every state.</summary>
    private void ReceiveInAnyState(object message)
    {
        switch (message)
        {
            case Unbind:
                CloseListeners();
                Sender.Tell(Unbound.Instance, Self);
                break;
            case AcceptFailed fault:
                if (!isUnbound)
                {
                    state.Refusals.Warn(
                        $"{fault.Listener.EndPoint} cannot accept connections and will retry: "
                        + Errno.Explain(fault.Fault));
                    failed.Add(fault.Listener);
                }

                break;
            case ConnectionEnded ended:
                state.Remove(ended.Connection);
                break;
            case ConnectionsClosed closed:
                ReturnLease(closed);
                break;
            case LeaseReturned removed:
                closing.Remove(removed.Export);
                names.Remove(removed.Export.Offer.Name);
                state.Publish(new NbdServerEvents.ExportRemoved(removed.Export.Offer.Name));
                removed.ReplyTo.Tell(ExportRemoved.Instance, Self);
                break;
            case GetStatus:
                Sender.Tell(state.Status(), Self);
                break;
            case ServiceEvents.DeviceGrown grown:
                state.Grow(grown);
                break;
            case CheckTimeouts:
                var now = state.Time.GetTimestamp();
                foreach (var connection in state.Connections)
                {
                    connection.CheckTimeouts(now);
                }

                failed.ForEach(Run);
                failed.Clear();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Accepts connections until the listener is disposed. A failed listener is run again with the next
    /// timeout check: a delay that needs neither a descriptor nor a thread, which may be what is missing.</summary>
    private void Run(NbdListener listener)
    {
        var self = Self;
        _ = Task.Run(async () =>
        {
            try
            {
                await listener.RunAsync(Pass).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                self.Tell(new AcceptFailed(listener, fault), ActorRefs.NoSender);
            }
        });

        // A connection for which no descriptor is left is closed at once: if such connections waited for the actor,
        // they would use up the descriptors of the devices.
        void Pass(Socket socket)
        {
            if (state.ConnectionLimit.DescriptorFault(socket.Handle) is { } fault)
            {
                Refuse(new SocketTransport(socket), fault);
            }
            else
            {
                self.Tell(new ConnectionAccepted(socket), ActorRefs.NoSender);
            }
        }
    }

    private void Refuse(SocketTransport transport, string fault)
    {
        state.Refusals.Warn($"{transport.Peer} is refused: {fault}.");
        transport.Abort();
    }

    private void Accept(Socket socket)
    {
        var transport = new SocketTransport(socket);
        if (state.ConnectionLimit.CountFault(state.Connections.Count) is { } fault)
        {
            Refuse(transport, fault);
            return;
        }

        var connection = new NbdConnection(state, transport);
        state.Add(connection);
        RunInBackground(connection.RunAsync, new ConnectionEnded(connection));
    }

    /// <summary>Runs the work on the thread pool, and tells the actor when it has ended, even if it failed.</summary>
    private void RunInBackground(Func<Task> work, object over)
    {
        var (self, log) = (Self, state.Log);
        _ = Task.Run(async () =>
        {
            try
            {
                await work().ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                log.Error(fault, "An operation of the server failed; the server continues");
            }

            self.Tell(over, ActorRefs.NoSender);
        });
    }

    private void Add(NbdExport export)
    {
        var fault = ExportRules.Check(export) ?? NameFault(export);
        if (fault is not null)
        {
            Sender.Tell(new Refused(fault), Self);
            return;
        }

        names.Add(export.Name);
        var (self, replyTo) = (Self, Sender);
        _ = Task.Run(async () => self.Tell(
            await ExportRules.PrepareAsync(service, export, replyTo).ConfigureAwait(false), ActorRefs.NoSender));
    }

    private string? NameFault(NbdExport export)
    {
        if (names.Contains(export.Name))
        {
            return $"An export '{export.Name}' already exists; remove it first, or choose another name.";
        }

        return export.IsDefault && state.Exports.FirstOrDefault(other => other.Offer.IsDefault) is { } other
            ? $"'{other.Offer.Name}' is already the default export; a server has at most one."
            : null;
    }

    private void Open(ExportPrepared prepared)
    {
        var settings = prepared.Export;
        if (prepared.Client is null || prepared.Device is null)
        {
            names.Remove(settings.Name);
            prepared.ReplyTo.Tell(new Refused(prepared.Fault), Self);
            return;
        }

        // The device may have grown since it was looked up.
        var device = service.Directory.TryFind(settings.Device, out var entry) ? entry.Description : prepared.Device;
        var offer = OfferedExport.Of(
            settings.Name, settings.Description, settings.IsDefault, settings.IsReadOnly, device);
        var export = new ServedExport(settings, new Export(offer, settings.Device, service, prepared.Client));
        state.Set([.. state.Exports, export]);
        state.Log.Info("'{0}' is served: {1}, {2} bytes", settings.Name, settings.Device, export.Offer.Size.Bytes);
        state.Publish(new NbdServerEvents.ExportAdded(settings, export.Offer.Size));
        prepared.ReplyTo.Tell(export.Status(), Self);
    }

    private void Remove(string name)
    {
        if (state.Exports.FirstOrDefault(export => export.Offer.Name == name) is not { } found)
        {
            Sender.Tell(new Refused($"There is no export '{name}'."), Self);
            return;
        }

        Remove(found, "The export was removed.", Sender);
    }

    private void Remove(ServedExport export, string reason, IActorRef replyTo)
    {
        state.Set(state.Exports.Where(other => other != export));
        closing.Add(export);
        var timeout = state.Limits.Drain;
        RunInBackground(() => export.CloseAsync(reason, timeout), new ConnectionsClosed(export, replyTo));
    }

    /// <summary>Pages that a hung device holds are not waited for.</summary>
    private void ReturnLease(ConnectionsClosed closed)
    {
        var timeout = state.Limits.Drain;
        RunInBackground(
            () => Task.WhenAny(closed.Export.Export.Client.DisposeAsync().AsTask(), Task.Delay(timeout)),
            new LeaseReturned(closed.Export, closed.ReplyTo));
    }

    private void CloseListeners()
    {
        isUnbound = true;
        foreach (var listener in listeners)
        {
            listener.Dispose();
        }
    }

    private void BeginStop()
    {
        state.IsClosing = true;
        CloseListeners();
        Become(Stopping);
        foreach (var export in state.Exports)
        {
            Remove(export, "The server is shutting down.", ActorRefs.Nobody);
        }

        StopWhenEmpty();
    }

    private void StopWhenEmpty()
    {
        if (closing.Count == 0)
        {
            Context.Stop(Self);
        }
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Io;
using DmIo.Nbd.Server.Exports;
using DmIo.Nbd.Transport;
using static DmIo.Nbd.Server.NbdServerProtocol;

namespace DmIo.Nbd.Server;

/// <summary>
/// One server: its listeners, its connections, its exports. The bytes go past it.
/// <code>
///   Serving --Unbind--> Serving, nothing is listened on
///   Serving --Stop--> Stopping --all exports are gone--> stopped
/// </code>
/// However it stops, nothing is listened on afterwards, and no connection is left.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "PostStop disposes of the listeners.")]
internal sealed class NbdServerActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly ServerState state;
    private readonly IReadOnlyList<NbdListener> listeners;
    private readonly TaskCompletionSource stopped;
    private readonly DmIoService service = DmIoService.For(Context.System);
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly HashSet<ServedExport> leaving = [];
    private readonly List<NbdListener> failed = [];
    private StatusPublisher? display;
    private bool isUnbound;

    public NbdServerActor(ServerState state, IReadOnlyList<NbdListener> listeners, TaskCompletionSource stopped)
    {
        this.state = state;
        this.listeners = listeners;
        this.stopped = stopped;
    }

    public ITimerScheduler Timers { get; set; } = null!; // set by the runtime, as for every IWithTimers

    internal static Props Props(
        ServerState state, IReadOnlyList<NbdListener> listeners, TaskCompletionSource stopped) =>
        Akka.Actor.Props.Create(() => new NbdServerActor(state, listeners, stopped));

    protected override void PreStart()
    {
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

    /// <summary>Serving.</summary>
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

    /// <summary>What goes on in every state.</summary>
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
                        $"{fault.Listener.EndPoint} can't accept a connection, and tries again: {fault.Fault.Message}");
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
                leaving.Remove(removed.Export);
                names.Remove(removed.Export.Offer.Name);
                state.Publish(new NbdServerEvents.ExportRemoved(removed.Export.Offer.Name));
                removed.ReplyTo.Tell(ExportRemoved.Instance, Self);
                break;
            case GetStatus:
                Sender.Tell(state.Status(), Self);
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

    /// <summary>Accepts until the listener is disposed of. One that fails is run again with the next sweep: a pause
    /// that takes no descriptor and no thread, which may be what it lacks.</summary>
    private void Run(NbdListener listener)
    {
        var self = Self;
        _ = Task.Run(async () =>
        {
            try
            {
                await listener.RunAsync(socket => self.Tell(new ConnectionAccepted(socket), ActorRefs.NoSender))
                    .ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                self.Tell(new AcceptFailed(listener, fault), ActorRefs.NoSender);
            }
        });
    }

    private void Accept(Socket socket)
    {
        var transport = new SocketTransport(socket);
        if (state.ConnectionLimit.Fault(state.Connections.Count, socket.Handle) is { } fault)
        {
            state.Refusals.Warn($"{transport.Peer} is turned away: {fault}.");
            transport.Abort();
            return;
        }

        var connection = new NbdConnection(state, transport);
        state.Add(connection);
        RunInBackground(connection.RunAsync, new ConnectionEnded(connection));
    }

    /// <summary>Does it on the thread pool, and tells the actor when it is over, also where it failed.</summary>
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
                log.Error(fault, "The server goes on after a failure");
            }

            self.Tell(over, ActorRefs.NoSender);
        });
    }

    private void Add(NbdExport export)
    {
        var fault = ExportRules.Check(export) ?? CheckName(export);
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

    private string? CheckName(NbdExport export)
    {
        if (names.Contains(export.Name))
        {
            return $"There is an export '{export.Name}' already; take that back first, or choose another name.";
        }

        return export.IsDefault && state.Exports.FirstOrDefault(other => other.Offer.IsDefault) is { } other
            ? $"'{other.Offer.Name}' is the default export already, and there is one at most."
            : null;
    }

    private void Open(ExportPrepared prepared)
    {
        var settings = prepared.Export;
        if (prepared.Client is null)
        {
            names.Remove(settings.Name);
            prepared.ReplyTo.Tell(new Refused(prepared.Fault), Self);
            return;
        }

        var legs = new ExportLegs(settings.Devices, (device, status) => LoseLeg(settings.Name, device, status));
        var offer = OfferedExport.Of(
            settings.Name, settings.Description, settings.IsDefault, settings.IsReadOnly, prepared.Devices);
        var export = new ServedExport(settings, new Export(offer, legs, service, prepared.Client));
        state.Set([.. state.Exports, export]);
        state.Log.Info(
            "'{0}' is served: {1}, {2} bytes", settings.Name, string.Join(", ", settings.Devices),
            export.Offer.Size.Bytes);
        state.Publish(new NbdServerEvents.ExportAdded(settings, export.Offer.Size));
        prepared.ReplyTo.Tell(export.Status(), Self);
    }

    /// <summary>On the thread that saw it, before the client hears of its request.</summary>
    private void LoseLeg(string export, string device, IoStatus status)
    {
        state.Log.Error("'{0}' goes on without '{1}', which failed: {2}", export, device, status);
        state.Publish(new NbdServerEvents.LegLost(export, device, status));
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
        leaving.Add(export);
        var patience = state.Limits.Drain;
        RunInBackground(() => export.CloseAsync(reason, patience), new ConnectionsClosed(export, replyTo));
    }

    /// <summary>What a stuck device has keeps its pages, and is not waited for.</summary>
    private void ReturnLease(ConnectionsClosed closed)
    {
        var patience = state.Limits.Drain;
        RunInBackground(
            () => Task.WhenAny(closed.Export.Export.Client.DisposeAsync().AsTask(), Task.Delay(patience)),
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
        if (leaving.Count == 0)
        {
            Context.Stop(Self);
        }
    }
}

using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Protocol;
using static DmIo.Actors.Client.ClientProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Client;

/// <summary>
/// Owner of one client's lease: gets the lease, watches its request actor, puts the lease back. When the actor stops,
/// every request of the client has its outcome.
/// <code>
///   Asking --Granted--> Serving --CloseClient--> Closing --PutDone, PutRefused--> stopped
///     |                    +--the request actor died----^
///     +--GetRefused, CancelOpening--> stopped      (any) --the supervisor died--> stopped
/// </code>
/// The actor is a child of /system, which stops after /user: when the system stops it, the request actors have answered
/// all accepted requests, so the outstanding requests were never begun. Replies count only if the supervisor sent them,
/// since any actor can construct one.
/// </summary>
#pragma warning disable CA1001 // The user disposes of the client, and the client needs this actor to do so.
internal sealed class ClientActor : UntypedActor
#pragma warning restore CA1001
{
    private readonly ClientOpening opening;
    private readonly IActorRef supervisor;
    private readonly Action<IThreadPoolWorkItem> background;
    private readonly ILoggingAdapter log;
    private CancellationTokenRegistration cancellation;
    private IoClient? client;

    public ClientActor(
        ClientOpening opening, IActorRef supervisor, Action<IThreadPoolWorkItem> background, ILoggingAdapter log)
    {
        this.background = background;
        this.opening = opening;
        this.supervisor = supervisor;
        this.log = log;
    }

    internal static Props Props(
        ClientOpening opening, IActorRef supervisor, Action<IThreadPoolWorkItem> background, ILoggingAdapter log) =>
        Akka.Actor.Props.Create(() => new ClientActor(opening, supervisor, background, log));

    private bool IsFromSupervisor => Sender.Equals(supervisor);

    protected override void PreStart()
    {
        Context.Watch(supervisor);
        supervisor.Tell(new Get(opening.Pages, Self, opening.Wait, opening.Weight), Self);
        var self = Self;
        cancellation = opening.CancellationToken.UnsafeRegister(
            _ => self.Tell(CancelOpening.Instance, ActorRefs.NoSender), null);
    }

    protected override void PostStop()
    {
        cancellation.Dispose();
        opening.Refuse(ClientOpening.ServiceStopped, IoRefusal.Stopped);
        client?.End();
        client?.Closed();
    }

    /// <summary>The system guardian restarts a child that throws. PostStop has already ended the client.</summary>
    protected override void PostRestart(Exception reason) => Context.Stop(Self);

    /// <summary>Asking.</summary>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Granted granted when IsFromSupervisor:
                Serve(granted);
                break;
            case GetRefused refused when IsFromSupervisor:
                opening.Refuse(refused.Reason, refused.Cause);
                Context.Stop(Self);
                break;
            case CancelOpening:
                opening.Cancel();
                Context.Stop(Self);
                break;
            case Terminated:
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Serve(Granted granted)
    {
        cancellation.Dispose();
        Context.Watch(granted.Requests);
        client = new IoClient(granted.Lease, granted.Requests, Self, background, log);
        Become(Serving);
        opening.Open(client);
    }

    private void Serving(object message)
    {
        switch (message)
        {
            case CloseClient:
                Close();
                break;
            case CancelOpening:
                break;
            case Terminated terminated when terminated.ActorRef.Equals(supervisor):
                Context.Stop(Self);
                break;
            case Terminated:
                client!.End();
                Close();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Also if the lease has already ended: the reply says that no device uses its memory.</summary>
    private void Close()
    {
        supervisor.Tell(new Put(client!.Lease.Id, client.Lease.Count, Self), Self);
        Become(Closing);
    }

    private void Closing(object message)
    {
        switch (message)
        {
            case PutDone or PutRefused when IsFromSupervisor:
                Context.Stop(Self);
                break;
            case Terminated terminated when terminated.ActorRef.Equals(supervisor):
                Context.Stop(Self);
                break;
            case Terminated:
                // Requests in the request actor's mailbox have no other outcome; PutDone may wait for a stuck device.
                client!.End();
                break;
            case CloseClient:
            case CancelOpening:
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}

/// <summary>A client and its actor, the owner of the client's lease.</summary>
/// <remarks><code>
///   (the actor's start)        gets the lease and completes ClientOpening with the lease or an error
///   CancelOpening  ----> (stops)   ignored if the lease was granted
///   CloseClient    ----> (stops)   when the lease is put back and its pages are in the pool; a second one is ignored
/// </code></remarks>
internal static class ClientProtocol
{
    /// <summary>The caller no longer waits for the lease.</summary>
    internal sealed record CancelOpening : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        internal static CancelOpening Instance { get; } = new();
    }

    /// <summary>The client was disposed of, and its last request has been sent.</summary>
    internal sealed record CloseClient : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        internal static CloseClient Instance { get; } = new();
    }
}

/// <summary>A pending call of <see cref="DmIoService.OpenAsync"/>.</summary>
internal sealed class ClientOpening(int pages, bool wait, int weight, CancellationToken cancellationToken)
{
    internal const string ServiceStopped = "The service has stopped.";

    private readonly TaskCompletionSource<IoClient> source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal int Pages => pages;

    internal bool Wait => wait;

    internal int Weight => weight;

    internal CancellationToken CancellationToken => cancellationToken;

    internal Task<IoClient> Task => source.Task;

    /// <summary>Does nothing if the service has stopped: that has already ended the wait.</summary>
    internal void Open(IoClient client) => source.TrySetResult(client);

    internal void Refuse(string reason, IoRefusal? cause) =>
        source.TrySetException(new IoRefusedException(reason, cause));

    internal void Cancel() => source.TrySetCanceled(cancellationToken);
}

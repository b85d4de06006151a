using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Protocol;
using static DmIo.Actors.Client.ClientProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Client;

/// <summary>
/// Owner of one client's lease: gets it, watches its request actor, puts it back. When it stops, each of the client's
/// requests has its outcome.
/// <code>
///   Asking --Granted--> Serving --CloseClient--> Closing --PutDone, PutRefused--> stopped
///     |                    +--the request actor died----^
///     +--GetRefused, CancelOpening--> stopped      (any) --the supervisor died--> stopped
/// </code>
/// It lives under /system, which outlives /user: when it is stopped with the system, the request actors have answered
/// all that they ever took in, so what is left was never begun. Anybody can make an answer; only the supervisor's own
/// count.
/// </summary>
#pragma warning disable CA1001 // The client is its user's to dispose of; what it then needs is this actor.
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

    /// <summary>The system guardian restarts a child that throws. PostStop has run by then: the client has
    /// ended.</summary>
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

    /// <summary>Also where the lease has ended already: the answer says that no device has its memory any
    /// more.</summary>
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
                // What lay in the request actor's mailbox has no other outcome; PutDone may wait for a stuck device.
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

/// <summary>A client and its actor, which is the owner of the client's lease.</summary>
/// <remarks><code>
///   (the actor's start)        it asks for the lease and completes ClientOpening, one way or the other
///   CancelOpening  ----> (stops)   unless the lease is there already
///   CloseClient    ----> (stops)   when the lease is put back and its pages are in the pool; repeated: nothing
/// </code></remarks>
internal static class ClientProtocol
{
    /// <summary>The caller does not wait for the lease any more.</summary>
    internal sealed record CancelOpening : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        internal static CancelOpening Instance { get; } = new();
    }

    /// <summary>The client was disposed of, and its last request is on its way.</summary>
    internal sealed record CloseClient : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        internal static CloseClient Instance { get; } = new();
    }
}

/// <summary>A call to <see cref="DmIoService.OpenAsync"/> that is under way.</summary>
internal sealed class ClientOpening(int pages, bool wait, int weight, CancellationToken cancellationToken)
{
    internal const string ServiceStopped = "The service has stopped.";

    private readonly TaskCompletionSource<IoClient> source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal int Pages => pages;

    internal bool Wait => wait;

    internal int Weight => weight;

    internal CancellationToken CancellationToken => cancellationToken;

    internal Task<IoClient> Task => source.Task;

    /// <summary>Nothing where the service has stopped meanwhile, which ended the wait.</summary>
    internal void Open(IoClient client) => source.TrySetResult(client);

    internal void Refuse(string reason, IoRefusal? cause) =>
        source.TrySetException(new IoRefusedException(reason, cause));

    internal void Cancel() => source.TrySetCanceled(cancellationToken);
}

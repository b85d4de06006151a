using Akka.Actor;
using DmIo.Actors.Protocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Cli;

/// <summary>
/// Owns a lease for those who ask from outside of any actor: the reference behind an Ask can't. The lease goes back
/// when it is stopped; it stops by itself when the request actor dies.
/// </summary>
internal sealed class LeaseOwner : UntypedActor
{
    private readonly IActorRef supervisor;
    private readonly int pages;
    private readonly TaskCompletionSource<Granted> opened;
    private readonly TaskCompletionSource stopped;

    public LeaseOwner(
        IActorRef supervisor, int pages, TaskCompletionSource<Granted> opened, TaskCompletionSource stopped)
    {
        this.supervisor = supervisor;
        this.pages = pages;
        this.opened = opened;
        this.stopped = stopped;
    }

    protected override void PreStart() => supervisor.Tell(new Get(pages), Self);

    protected override void PostStop()
    {
        opened.TrySetException(new IoRefusedException("The service has stopped."));
        stopped.TrySetResult();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Granted granted:
                Context.Watch(granted.Requests);
                opened.TrySetResult(granted);
                break;
            case GetRefused refused:
                opened.TrySetException(new IoRefusedException(refused.Reason));
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
}

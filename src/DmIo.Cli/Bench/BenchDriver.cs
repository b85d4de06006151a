using System.Diagnostics;
using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Io;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Cli;

/// <summary>
/// An actor that keeps its lease's requests in flight by messages, as an application's actor would. When it stops, its
/// lease goes back.
/// <code>
///   Opening --Granted--> Ready --BenchWindow--> Running --window over, all answered--> stopped
///      +--GetRefused--> stopped      (any) --the request actor died--> stopped
/// </code>
/// </summary>
internal sealed class BenchDriver : UntypedActor
{
    private readonly TellLane lane;
    private readonly IActorRef supervisor;
    private IActorRef requests = ActorRefs.Nobody;
    private BenchSlot[] slots = [];
    private BenchWindow? window;
    private int inFlight;

    public BenchDriver(TellLane lane, IActorRef supervisor)
    {
        this.lane = lane;
        this.supervisor = supervisor;
    }

    protected override void PreStart() => supervisor.Tell(new Get(BenchSlot.PagesFor(lane.Workload)), Self);

    protected override void PostStop()
    {
        var stopped = new IoRefusedException("The service has stopped.");
        lane.Ready.TrySetException(stopped);
        lane.Finished.TrySetException(stopped);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case IoDone done:
                Answered((BenchSlot)done.Result.Context!, done.Result);
                break;
            case IoRefused refused:
                lane.Tally.Refused(refused.Reason);
                Next((BenchSlot)refused.Context!, Stopwatch.GetTimestamp());
                break;
            case Granted granted:
                requests = granted.Requests;
                Context.Watch(requests);
                slots = BenchSlot.Build(lane.Workload, lane.Pattern, granted.Lease.Pages);
                lane.Ready.TrySetResult();
                break;
            case GetRefused refused:
                lane.Ready.TrySetException(new IoRefusedException(refused.Reason));
                Context.Stop(Self);
                break;
            case BenchWindow begun:
                Begin(begun);
                break;
            case Terminated:
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Begin(BenchWindow begun)
    {
        window = begun;
        inFlight = slots.Length;
        foreach (var slot in slots)
        {
            Next(slot, Stopwatch.GetTimestamp());
        }
    }

    private void Answered(BenchSlot slot, IoResult result)
    {
        if (result.IsOk && slot.TryFollowUp())
        {
            requests.Tell(slot.Request(Self), Self);
            return;
        }

        var now = Stopwatch.GetTimestamp();
        lane.Tally.Done(window!, slot.SentAt, now, result);
        Next(slot, now);
    }

    private void Next(BenchSlot slot, long now)
    {
        if (window!.MaySend(now))
        {
            slot.SentAt = now;
            slot.Next();
            requests.Tell(slot.Request(Self), Self);
        }
        else if (--inFlight == 0)
        {
            lane.Finished.TrySetResult();
            Context.Stop(Self);
        }
    }
}

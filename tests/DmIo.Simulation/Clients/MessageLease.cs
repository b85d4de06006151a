using Akka.Actor;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Simulation;

/// <summary>A lease whose owner is an actor of the application.</summary>
internal sealed class MessageLease(long number, int pages, SimulatedProcess process) : SimulatedLease(number, pages)
{
    private readonly List<(SimulatedRequest Request, Task<object> Answer)> asks = [];
    private Granted? granted;
    private bool isBack;

    internal IActorRef? Owner { get; private set; }

    internal override IActorRef? Requests => granted?.Requests;

    internal void Get(bool wait, int weight)
    {
        Owner = process.NewReceiver(OnReply);
        process.Supervisor.Tell(new Get(Pages, Wait: wait, Weight: weight), Owner);
    }

    internal override void Send(SimulatedRequest request, Random random)
    {
        request.Mode = random.Next(5) switch { 0 => SendMode.Ask, < 3 => SendMode.Tell, _ => SendMode.Completion };
        switch (request.Mode)
        {
            case SendMode.Ask:
                asks.Add((request, granted!.Requests.Ask<object>(request.Message, Timeout.InfiniteTimeSpan)));
                break;
            case SendMode.Tell:
                granted!.Requests.Tell(
                    request.Message with { Context = request, ReplyTo = random.Next(2) == 0 ? Owner : null }, Owner!);
                break;
            default:
                granted!.Requests.Tell(request.Message with { Completion = request }, Owner!);
                break;
        }
    }

    internal override void Put() => process.Supervisor.Tell(new Put(granted!.Lease.Id, Pages), Owner!);

    /// <summary>Sends a Put that must be refused, because the lease was put before.</summary>
    internal void PutAgain()
    {
        InvalidPuts++;
        Put();
    }

    /// <summary>Sends a Put that must be refused: a wrong number of pages, or a wrong sender.</summary>
    internal void PutInvalid(Random random)
    {
        InvalidPuts++;
        if (random.Next(2) == 0)
        {
            process.Supervisor.Tell(new Put(granted!.Lease.Id, Pages + 1), Owner!);
        }
        else
        {
            process.Supervisor.Tell(new Put(granted!.Lease.Id, Pages), process.NewReceiver(OnReply));
        }
    }

    /// <summary>The owner dies.</summary>
    internal void KillOwner() => Owner!.Tell(PoisonPill.Instance, ActorRefs.NoSender);

    internal override void OnKilled(bool isServiceDead)
    {
        base.OnKilled(isServiceDead);
        HasEnded = true;
        MayLoseRequests = true;
    }

    internal override void Poll()
    {
        foreach (var (request, answer) in asks.FindAll(one => one.Answer.IsCompleted))
        {
            asks.Remove((request, answer));
            switch (answer.Result)
            {
                case IoDone done:
                    request.Done(done.Result);
                    break;
                case IoRefused refused:
                    request.Refused(refused.Cause, refused.Reason);
                    break;
                default:
                    process.Oracle.Require(false, $"{request} got the reply {answer.Result}");
                    break;
            }
        }
    }

    private void OnReply(object message)
    {
        switch (message)
        {
            case Granted given:
                process.Oracle.Require(granted is null, $"{this} was granted again: {given}");
                granted = given;
                IsOpen = !IsEnding && !process.Oracle.IsEnding;
                SetPages(granted.Lease, process.Oracle);
                break;
            case GetRefused refused:
                process.Oracle.Require(
                    granted is null && (refused.Available < Pages || process.Oracle.IsEnding),
                    $"{this} was refused {Pages} pages: {refused}");
                process.Oracle.Note($"{this} is refused: {refused.Reason}");
                HasEnded = true;
                break;
            case IoDone done:
                ((SimulatedRequest)done.Result.Context!).Done(done.Result);
                break;
            case IoRefused refused:
                ((SimulatedRequest)refused.Context!).Refused(refused.Cause, refused.Reason);
                break;
            case PutDone done:
                IsPutBack(done);
                break;
            case PutRefused refused:
                // While the service drains, a lease may end before its Put arrives.
                HasEnded |= IsEnding && InvalidPuts == 0 && process.Oracle.IsEnding;
                process.Oracle.PutRefused(this, refused);
                break;
            default:
                process.Oracle.Require(false, $"{this} received {message}");
                break;
        }
    }

    private void IsPutBack(PutDone done)
    {
        Poll();
        process.Oracle.Require(
            IsEnding && !isBack && done.Pages == Pages, $"{this} got an unexpected PutDone: {done}");
        process.Oracle.Require(Outstanding.Count == 0 || WasKilled, $"{this} ended before its requests");
        HasEnded = true;
        isBack = true;
        process.Oracle.Note($"{this} has ended");
        process.Oracle.Ended(this);
    }
}

using Akka.Actor;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Simulation;

/// <summary>One whose owner is an actor of the application.</summary>
internal sealed class MessageLease(long number, int pages, SimulatedProcess process) : SimulatedLease(number, pages)
{
    private readonly List<(SimulatedRequest Request, Task<object> Answer)> asked = [];
    private Granted? granted;
    private bool isBack;

    internal IActorRef? Owner { get; private set; }

    internal override IActorRef? Requests => granted?.Requests;

    internal void Get(bool wait, int weight)
    {
        Owner = process.NewEar(Hear);
        process.Supervisor.Tell(new Get(Pages, Wait: wait, Weight: weight), Owner);
    }

    internal override void Send(SimulatedRequest request, Random random)
    {
        request.Mode = random.Next(5) switch { 0 => SendMode.Ask, < 3 => SendMode.Tell, _ => SendMode.Completion };
        switch (request.Mode)
        {
            case SendMode.Ask:
                asked.Add((request, granted!.Requests.Ask<object>(request.Message, Timeout.InfiniteTimeSpan)));
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

    /// <summary>One that has to be refused: it was put back before.</summary>
    internal void PutAgain()
    {
        WrongPuts++;
        Put();
    }

    /// <summary>One that has to be refused: not its number of pages, or not its owner.</summary>
    internal void PutWrongly(Random random)
    {
        WrongPuts++;
        if (random.Next(2) == 0)
        {
            process.Supervisor.Tell(new Put(granted!.Lease.Id, Pages + 1), Owner!);
        }
        else
        {
            process.Supervisor.Tell(new Put(granted!.Lease.Id, Pages), process.NewEar(Hear));
        }
    }

    /// <summary>Whoever has it dies.</summary>
    internal void KillOwner() => Owner!.Tell(PoisonPill.Instance, ActorRefs.NoSender);

    internal override void Cut(bool isServiceDead)
    {
        base.Cut(isServiceDead);
        HasEnded = true;
        MayLoseRequests = true;
    }

    internal override void Poll()
    {
        foreach (var (request, answer) in asked.FindAll(one => one.Answer.IsCompleted))
        {
            asked.Remove((request, answer));
            switch (answer.Result)
            {
                case IoDone done:
                    request.Done(done.Result);
                    break;
                case IoRefused refused:
                    request.Refused(refused.Cause, refused.Reason);
                    break;
                default:
                    process.Oracle.Require(false, $"{request} is answered {answer.Result}");
                    break;
            }
        }
    }

    private void Hear(object message)
    {
        switch (message)
        {
            case Granted given:
                process.Oracle.Require(granted is null, $"{this} was granted again: {given}");
                granted = given;
                IsOpen = !IsEnding && !process.Oracle.IsEnding;
                TakeIn(granted.Lease, process.Oracle);
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
                // Where the service drains, the lease may have ended before its Put came.
                HasEnded |= IsEnding && WrongPuts == 0 && process.Oracle.IsEnding;
                process.Oracle.PutRefused(this, refused);
                break;
            default:
                process.Oracle.Require(false, $"{this} hears {message}");
                break;
        }
    }

    private void IsPutBack(PutDone done)
    {
        Poll();
        process.Oracle.Require(
            IsEnding && !isBack && done.Pages == Pages, $"{this} was put back unasked, or twice: {done}");
        process.Oracle.Require(Outstanding.Count == 0 || WasCut, $"{this} ended before its requests");
        HasEnded = true;
        isBack = true;
        process.Oracle.Note($"{this} is back");
        process.Oracle.Ended(this);
    }
}

using Akka.Actor;
using DmIo.Io;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Benchmarks.Storage;

/// <summary>An actor that keeps a number of writes in flight by messages, like an application's actor.</summary>
internal sealed class WriteDriver : UntypedActor
{
    private readonly WriteTargets targets;
    private readonly byte[] block;
    private IActorRef requests = ActorRefs.Nobody;
    private IActorRef runner = ActorRefs.Nobody;
    private Run? early;
    private int toSend;
    private int toFinish;

    public WriteDriver(WriteTargets targets, byte[] block)
    {
        this.targets = targets;
        this.block = block;
    }

    internal static void RequireOk(IoResult result)
    {
        if (!result.IsOk)
        {
            throw new InvalidOperationException($"A write failed: {result}");
        }
    }

    protected override void PreStart() => targets.Service.Supervisor.Tell(new Get(Pages: 64));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Granted granted:
                requests = granted.Requests;
                Begin();
                break;
            case Run run:
                early = run;
                runner = Sender;
                Begin();
                break;
            case IoDone done:
                RequireOk(done.Result);
                Next();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Begin()
    {
        if (early is not { } run || requests.IsNobody())
        {
            return;
        }

        early = null;
        toSend = toFinish = run.Requests;
        for (var index = 0; index < run.InFlight; index++)
        {
            Send();
        }
    }

    private void Next()
    {
        if (--toFinish == 0)
        {
            runner.Tell(new Finished());
        }
        else
        {
            Send();
        }
    }

    private void Send()
    {
        if (toSend > 0)
        {
            toSend--;
            requests.Tell(new IoRequest
            {
                Operation = IoOperation.Write,
                Regions = targets.NextRegions(),
                Memory = block,
            });
        }
    }

    internal sealed record Run(int Requests, int InFlight);

    internal sealed record Finished;
}

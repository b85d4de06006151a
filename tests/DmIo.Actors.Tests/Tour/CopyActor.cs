using Akka.Actor;
using DmIo.Io;
using DmIo.Memory;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Tour;

/// <summary>The actor in src/DmIo.Actors/README.md: one write to two devices, by messages.</summary>
internal sealed class CopyActor : UntypedActor
{
    private readonly IActorRef dmio;
    private readonly byte[] data;
    private readonly IActorRef report;
    private PageLease? lease;

    public CopyActor(IActorRef dmio, byte[] data, IActorRef report)
    {
        this.dmio = dmio;
        this.data = data;
        this.report = report;
    }

    protected override void PreStart() => dmio.Tell(new Get(Pages: 1));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Granted granted:
                lease = granted.Lease;
                granted.Requests.Tell(new IoRequest
                {
                    Operation = IoOperation.Write,
                    Regions = [new IoRegion("left", 0, 8), new IoRegion("right", 0, 8)],
                    Memory = data,
                    Context = "first",
                });
                break;
            case IoDone done:
                report.Tell(done.Result.IsOk ? done.Result : new Status.Failure(new IoFailedException(done.Result)));
                dmio.Tell(new Put(lease!.Id, lease.Count));
                break;
            case PutDone:
                Context.Stop(Self);
                break;
            case GetRefused or IoRefused or PutRefused:
                report.Tell(new Status.Failure(new InvalidOperationException(message.ToString())));
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}

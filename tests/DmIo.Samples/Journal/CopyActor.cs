using Akka.Actor;
using DmIo.Io;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Samples;

/// <summary>Writes a page to several devices at once, by messages, and reports the result.</summary>
public sealed class CopyActor(IActorRef dmio, byte[] page, string[] devices, TaskCompletionSource<IoResult> report)
    : UntypedActor
{
    private Granted? lease;

    protected override void PreStart() => dmio.Tell(new Get(Pages: 1));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Granted granted:
                lease = granted;
                granted.Requests.Tell(new IoRequest
                {
                    Operation = IoOperation.Write,
                    Regions = [.. devices.Select(device => new IoRegion(device, 800, 8))],
                    Memory = page,
                });
                break;
            case IoDone done:
                report.SetResult(done.Result);
                dmio.Tell(new Put(lease!.Lease.Id, lease.Lease.Count));
                break;
            case PutDone:
                Context.Stop(Self);
                break;
            case GetRefused or IoRefused or PutRefused:
                report.TrySetException(new InvalidOperationException(message.ToString()));
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}

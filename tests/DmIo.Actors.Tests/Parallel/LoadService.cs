using Akka.Actor;
using DmIo.Actors.Tests.Fixtures;
using static DmIo.Actors.Protocol.DrainProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Parallel;

/// <summary>The calls of a load to the service under test. Each returns when it is done.</summary>
internal sealed class LoadService(ServiceTests test)
{
    public IActorRef Supervisor => test.Supervisor;

    public ManualDevice Attach(string name, int sectors, int queueDepth) => test.Attach(name, sectors, queueDepth);

    public IActorRef NewOwner()
    {
        var owner = test.Sys.ActorOf(Props.Create(() => new Owner()));
        test.WaitUntilHandled(owner);
        return owner;
    }

    public Granted Get(int pages, IActorRef owner)
    {
        test.Supervisor.Tell(new Get(pages, owner), test.TestActor);
        return test.ExpectMsg<Granted>();
    }

    public PoolStatus PoolStatus() => test.PoolStatus();

    public void Drain()
    {
        test.Supervisor.Tell(DrainService.Instance, test.TestActor);
        test.ExpectMsg<ServiceDrained>();
    }

    /// <summary>Owns leases, and stops on request.</summary>
    private sealed class Owner : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is not PutDone)
            {
                Unhandled(message);
            }
        }
    }
}

using Akka.Actor;
using DmIo.Actors.Tests.Fixtures;
using static DmIo.Actors.DrainProtocol;
using static DmIo.Actors.ServiceProtocol;

namespace DmIo.Actors.Tests.Simulation;

/// <summary>What a simulation asks of the service under test. Each call returns when it is done.</summary>
internal sealed class SimulatedService(ServiceTests test, string? dispatcher)
{
    public IActorRef Supervisor => test.Supervisor;

    public ManualDevice Attach(string name, int sectors, int queueDepth) => test.Attach(name, sectors, queueDepth);

    /// <summary>On the dispatcher of the service, so that where the test is one thread, this is it.</summary>
    public IActorRef NewOwner()
    {
        var props = Props.Create(() => new Owner());
        var owner = test.Sys.ActorOf(dispatcher is null ? props : props.WithDispatcher(dispatcher));
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

    /// <summary>Has leases, and dies when it is told to.</summary>
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

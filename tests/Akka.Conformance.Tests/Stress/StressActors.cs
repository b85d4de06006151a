// The people of the stress test. Drivers throw work at whoever lives in a slot at the moment; workers keep the books
// and now and then fail, or end; supervisors put a new worker into the slot, under the old name, and now and then fail
// because of a worker, with all its siblings.

using Akka.Actor;
using Akka.Event;

namespace Akka.Conformance.Tests.Stress;

internal sealed class DeedException(Deed deed) : Exception(deed.ToString())
{
    public Deed Deed => deed;
}

internal sealed class StressWorker : UntypedActor
{
    private readonly StressWorld _world;

    public StressWorker(StressWorld world)
    {
        _world = world;
        world.CountConstructed();
    }

    protected override void PostStop() => _world.CountStopped();

    protected override void OnReceive(object message)
    {
        var work = (Work)message;
        _world.Slots[work.Slot].Take(work);
        switch (work.Deed)
        {
            case Deed.Count:
                break;
            case Deed.StopSelf:
                Context.Stop(Self);
                break;
            default:
                throw new DeedException(work.Deed);
        }
    }
}

internal sealed class StressSupervisor : UntypedActor
{
    private readonly StressWorld _world;
    private readonly int _firstSlot;
    private readonly Props _worker;

    public StressSupervisor(StressWorld world, int firstSlot)
    {
        _world = world;
        _firstSlot = firstSlot;
        _worker = Props.Create(() => new StressWorker(world));
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(cause => cause switch
    {
        DeedException { Deed: Deed.Resume } => Directive.Resume,
        DeedException { Deed: Deed.Restart } => Directive.Restart,
        DeedException { Deed: Deed.Escalate } => Directive.Escalate,
        _ => Directive.Stop,
    });

    protected override void PreStart()
    {
        for (var slot = _firstSlot; slot < _firstSlot + _world.WorkersEach; slot++)
        {
            Fill(slot);
        }
    }

    protected override void OnReceive(object message)
    {
        if (message is Terminated terminated)
        {
            Fill(int.Parse(terminated.ActorRef.Path.Name));
        }
    }

    private void Fill(int slot) => _world[slot] = Context.Watch(Context.ActorOf(_worker, $"{slot}"));
}

internal sealed class StressDriver : UntypedActor
{
    private const int Burst = 500;

    private readonly StressWorld _world;
    private readonly int _driver;
    private readonly TaskCompletionSource _done;
    private readonly Random _random;
    private readonly long[] _sent;
    private int _left;

    public StressDriver(StressWorld world, int driver, int messages, TaskCompletionSource done)
    {
        _world = world;
        _driver = driver;
        _left = messages;
        _done = done;
        _random = new Random(world.Seed + driver);
        _sent = new long[world.Slots.Length];
    }

    protected override void PreStart() => Self.Tell("go on");

    protected override void OnReceive(object message)
    {
        for (var i = 0; i < Burst && _left > 0; i++, _left--)
        {
            var slot = _random.Next(_sent.Length);
            _world[slot].Tell(new Work(_driver, slot, ++_sent[slot], StressWorld.Draw(_random)));
        }

        if (_left > 0)
        {
            Self.Tell(message);
        }
        else
        {
            _done.SetResult();
        }
    }
}

internal sealed class DeadWorkCounter : UntypedActor
{
    private long _count;

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));

    protected override void OnReceive(object message)
    {
        if (message is DeadLetter letter)
        {
            _count += letter.Message is Work ? 1 : 0;
        }
        else
        {
            Sender.Tell(_count);
        }
    }
}

// The actor behind a test kit or probe. It queues what it is told for the test, runs the auto pilot first, drops what
// the test ignores, and does by message what only an actor can do: watch, unwatch and start children.

using Akka.Actor;

namespace Akka.TestKit;

internal sealed class InternalTestActor : UntypedActor
{
    private readonly TestQueue _queue;
    private Func<object, bool> _ignored = static _ => false;
    private AutoPilot _pilot = AutoPilot.NoAutoPilot;

    public InternalTestActor(TestQueue queue) => _queue = queue;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case SetIgnore setIgnore:
                _ignored = setIgnore.Ignored;
                break;
            case SetAutoPilot setAutoPilot:
                _pilot = setAutoPilot.Pilot;
                break;
            case Watch watch:
                Context.Watch(watch.Actor);
                Sender.Tell(Done.Instance);
                break;
            case Unwatch unwatch:
                Context.Unwatch(unwatch.Actor);
                Sender.Tell(Done.Instance);
                break;
            case Spawn spawn:
                SpawnChild(spawn);
                break;
            default:
                Enqueue(message);
                break;
        }
    }

    private void Enqueue(object message)
    {
        var next = _pilot.Run(Sender, message);
        _pilot = next is KeepRunning ? _pilot : next;
        if (!_ignored(message))
        {
            _queue.Add(new MessageEnvelope(message, Sender));
        }
    }

    private void SpawnChild(Spawn spawn)
    {
        var child = spawn.Name is null ? Context.ActorOf(spawn.Props) : Context.ActorOf(spawn.Props, spawn.Name);
        _queue.Add(new MessageEnvelope(child, Self));
    }

    internal sealed record SetIgnore(Func<object, bool> Ignored) : INoSerializationVerificationNeeded;

    internal sealed record SetAutoPilot(AutoPilot Pilot) : INoSerializationVerificationNeeded;

    internal sealed record Watch(IActorRef Actor) : INoSerializationVerificationNeeded;

    internal sealed record Unwatch(IActorRef Actor) : INoSerializationVerificationNeeded;

    internal sealed record Spawn(Props Props, string? Name) : INoSerializationVerificationNeeded;
}

// An actor that tells a probe each hook that runs, and in which instance. It fails on a message that is an exception,
// starts a child from Props, and reports any other message as received.

using Akka.Actor;

namespace Akka.Conformance.Tests.Fixtures;

internal sealed record Hook(string Name, int Instance, string? Cause = null, object? Message = null);

internal sealed record Received(object Message, int Instance);

internal sealed class Journaled : UntypedActor
{
    private static int _instances;

    private readonly IActorRef _journal;
    private readonly int _instance = Interlocked.Increment(ref _instances);

    public Journaled(IActorRef journal)
    {
        _journal = journal;
        _journal.Tell(new Hook("Constructor", _instance));
    }

    internal static Props To(IActorRef journal) => Props.Create(() => new Journaled(journal));

    protected override void PreStart()
    {
        _journal.Tell(new Hook("PreStart", _instance));
        base.PreStart();
    }

    protected override void PreRestart(Exception reason, object message)
    {
        _journal.Tell(new Hook("PreRestart", _instance, reason.Message, message));
        base.PreRestart(reason, message);
    }

    protected override void PostRestart(Exception reason)
    {
        _journal.Tell(new Hook("PostRestart", _instance, reason.Message));
        base.PostRestart(reason);
    }

    protected override void PostStop()
    {
        _journal.Tell(new Hook("PostStop", _instance));
        base.PostStop();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Exception failure:
                throw failure;
            case Props child:
                Sender.Tell(Context.ActorOf(child));
                break;
            default:
                _journal.Tell(new Received(message, _instance));
                break;
        }
    }
}

// References to places where no actor is. What is told to them becomes a dead letter event; whoever watches
// them hears at once that nobody is there. DeadLetterActorRef is the system's well-known one of them, and
// publishes what closed mailboxes hand over.
using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

internal class EmptyLocalActorRef : MinimalActorRef
{
    private readonly ActorSystemImpl _system;

    internal EmptyLocalActorRef(ActorSystemImpl system, ActorPath path)
    {
        _system = system;
        Path = path;
    }

    public override ActorPath Path { get; }
    private protected override ActorSystemImpl OwnSystem => _system;
    private protected override bool IsGone => true;

    public override void Tell(object message, IActorRef? sender)
    {
        switch (message)
        {
            case null:
                throw new InvalidMessageException("Message is null");
            case DeadLetter letter:
                Bury(letter.Message, letter.Sender, letter.Recipient);
                break;
            default:
                Bury(message, sender ?? _system.DeadLetters, this);
                break;
        }
    }

    private protected override void OnSystemMessage(SystemMessage message) => BurySystem(message);

    /// <summary>Answers for an actor that is gone, or publishes the message as a dead letter.</summary>
    internal void Bury(object message, IActorRef sender, IActorRef recipient)
    {
        switch (message)
        {
            case DeadLetter:
                break;  // A dead letter that finds its subscriber dead is not written again: that would never end.
            case Identify identify:
                sender.Tell(new ActorIdentity(identify.MessageId, null), ActorRefs.NoSender);
                break;
            case IDeadLetterSuppression suppressed:
                _system.EventStream.Publish(new SuppressedDeadLetter(suppressed, sender, recipient));
                break;
            default:
                _system.EventStream.Publish(new DeadLetter(message, sender, recipient));
                break;
        }
    }

    /// <summary>A watcher must hear that the watched actor is gone; other system messages need no answer.</summary>
    internal static void BurySystem(SystemMessage message)
    {
        if (message is Watch watch && !watch.Watchee.Equals(watch.Watcher))
        {
            watch.Watcher.SendSystemMessage(new DeathWatchNotification(watch.Watchee, existenceConfirmed: false));
        }
    }
}

/// <summary>Where messages go that reach nobody.</summary>
internal sealed class DeadLetterActorRef : EmptyLocalActorRef
{
    internal DeadLetterActorRef(ActorSystemImpl system, ActorPath path)
        : base(system, path)
    {
    }
}

// The reference to a living actor of this process. It outlives the actor; its cell's mailbox is closed then
// and what is told to it becomes a dead letter.
using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

internal sealed class LocalActorRef : ActorRefBase, IInternalActorRef
{
    internal LocalActorRef(
        ActorSystemImpl system, Props props, Dispatch.MessageDispatcher dispatcher, IInternalActorRef parent,
        ActorPath path)
    {
        Path = path;
        Cell = new ActorCell(system, this, props, dispatcher, parent);
    }

    public override ActorPath Path { get; }
    public ActorSystemImpl System => Cell.SystemImpl;
    public IInternalActorRef Parent => Cell.ParentRef;
    public bool IsTerminated => Cell.Mailbox.IsClosed;
    internal ActorCell Cell { get; }

    public override void Tell(object message, IActorRef? sender)
    {
        if (message is null)
        {
            throw new InvalidMessageException("Message is null");
        }

        Cell.Mailbox.Post(message, sender);
    }

    public void SendSystemMessage(SystemMessage message) => Cell.Mailbox.PostSystem(message);

    public void Stop() => Cell.Mailbox.PostSystem(new Terminate());
}

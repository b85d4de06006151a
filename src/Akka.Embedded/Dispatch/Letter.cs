// One user message in a mailbox: the queue's own node, and all that a Tell allocates.
using Akka.Actor;

namespace Akka.Dispatch;

internal sealed class Letter(object message, IActorRef? sender)
{
    internal readonly object Message = message;
    internal readonly IActorRef? Sender = sender;

    /// <summary>Towards older letters while incoming, towards newer ones once in order.</summary>
    internal Letter? Next;
}

// A message that the test actor received, with its sender.

using Akka.Actor;

namespace Akka.TestKit;

/// <summary>A message and who told it (the dead letters where nobody did).</summary>
public sealed class MessageEnvelope
{
    internal MessageEnvelope(object message, IActorRef sender)
    {
        Message = message;
        Sender = sender;
    }

    public object Message { get; }

    public IActorRef Sender { get; }

    public override string ToString() => $"<{Message}> from {Sender}";
}

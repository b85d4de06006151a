// With 'akka.actor.debug.unhandled', every unhandled message is a log event at the level Debug.

using Akka.Actor;

namespace Akka.Event;

internal sealed class UnhandledMessageForwarder : ActorBase
{
    protected override bool Receive(object message)
    {
        if (message is not UnhandledMessage unhandled)
        {
            return false;
        }

        var sender = unhandled.Sender?.Path.ToString() ?? "NoSender";
        Context.System.EventStream.Publish(new Debug(
            unhandled.Recipient.Path.ToString(),
            unhandled.Recipient.GetType(),
            $"Unhandled message from {sender} : {unhandled.Message}"));
        return true;
    }
}

// The system's bus of events: log events, dead letters, unhandled messages, and what applications publish.
using Akka.Actor;

namespace Akka.Event;

/// <summary>An actor system's events.</summary>
public sealed class EventStream(bool debug) : LoggingBus
{
    public override bool Subscribe(IActorRef subscriber, Type channel)
    {
        var added = base.Subscribe(subscriber, channel);
        Report($"subscribing {subscriber} to channel {channel}");
        return added;
    }

    public override bool Unsubscribe(IActorRef subscriber, Type channel)
    {
        Report($"unsubscribing {subscriber} from channel {channel}");
        return base.Unsubscribe(subscriber, channel);
    }

    public override bool Unsubscribe(IActorRef subscriber)
    {
        Report($"unsubscribing {subscriber} from all channels");
        return base.Unsubscribe(subscriber);
    }

    private void Report(string what)
    {
        if (debug)
        {
            Publish(new Debug(nameof(EventStream), GetType(), what));
        }
    }
}

/// <summary>Subscriptions by type argument. Extensions, as in Akka.NET: callers need their namespace.</summary>
public static class EventStreamExtensions
{
    public static bool Subscribe<TChannel>(this EventStream eventStream, IActorRef subscriber) =>
        eventStream.Subscribe(subscriber, typeof(TChannel));

    public static bool Unsubscribe<TChannel>(this EventStream eventStream, IActorRef subscriber) =>
        eventStream.Unsubscribe(subscriber, typeof(TChannel));
}

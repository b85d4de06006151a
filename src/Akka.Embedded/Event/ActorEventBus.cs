// Actors subscribe to events by type: who subscribes to a type gets its heirs too, each event once. Publishing reads
// a table made for the event's type; every change of subscriptions throws the tables away.
using System.Collections.Concurrent;
using Akka.Actor;

namespace Akka.Event;

/// <summary>Publishes events to actors. Subscribers that have ended are forgotten. Thread-safe.</summary>
public abstract class ActorEventBus
{
    private readonly Lock _lock = new();
    private readonly List<(IActorRef Subscriber, Type Channel)> _subscriptions = [];
    private volatile ConcurrentDictionary<Type, IActorRef[]> _subscribersOf = new();

    /// <summary>False where it was subscribed already.</summary>
    public virtual bool Subscribe(IActorRef subscriber, Type channel)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        lock (_lock)
        {
            if (_subscriptions.Contains((subscriber, channel)))
            {
                return false;
            }

            _subscriptions.Add((subscriber, channel));
            _subscribersOf = new();
            return true;
        }
    }

    /// <summary>Ends the subscription to one type; false where there was none.</summary>
    public virtual bool Unsubscribe(IActorRef subscriber, Type channel)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        return Remove(subscription => subscription == (subscriber, channel));
    }

    /// <summary>Ends all its subscriptions; false where there were none.</summary>
    public virtual bool Unsubscribe(IActorRef subscriber)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        return Remove(subscription => subscription.Subscriber.Equals(subscriber));
    }

    public void Publish(object @event)
    {
        foreach (var subscriber in _subscribersOf.GetOrAdd(@event.GetType(), FindSubscribers))
        {
            if (subscriber is LocalActorRef { IsTerminated: true })
            {
                Remove(subscription => subscription.Subscriber.Equals(subscriber));
            }
            else
            {
                subscriber.Tell(@event, ActorCell.Current?.Self);
            }
        }
    }

    private IActorRef[] FindSubscribers(Type type)
    {
        lock (_lock)
        {
            return [.. _subscriptions.Where(subscription => subscription.Channel.IsAssignableFrom(type))
                .Select(subscription => subscription.Subscriber).Distinct()];
        }
    }

    private bool Remove(Predicate<(IActorRef Subscriber, Type Channel)> match)
    {
        lock (_lock)
        {
            var removed = _subscriptions.RemoveAll(match) > 0;
            _subscribersOf = new();
            return removed;
        }
    }
}

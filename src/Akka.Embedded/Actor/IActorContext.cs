// What an actor sees of the runtime while it runs. Only the actor itself may use its context, and only while a
// message or a life-cycle hook is in hand.
using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>Makes actors and finds them.</summary>
public interface IActorRefFactory
{
    /// <summary>Makes a child. Without a name it gets one that begins with <c>$</c>.</summary>
    IActorRef ActorOf(Props props, string? name = null);

    ActorSelection ActorSelection(ActorPath actorPath);
    ActorSelection ActorSelection(string actorPath);
}

/// <summary>A shorter way to make actors.</summary>
public static class ActorRefFactoryExtensions
{
    public static IActorRef ActorOf<TActor>(this IActorRefFactory factory, string? name = null)
        where TActor : ActorBase, new() => factory.ActorOf(Props.Create<TActor>(), name);
}

/// <summary>Hears of other actors' ends.</summary>
public interface ICanWatch
{
    /// <summary>From now on the actor's end arrives as <see cref="Terminated"/>, once.</summary>
    IActorRef Watch(IActorRef subject);

    /// <summary>The actor's end arrives as the given message.</summary>
    IActorRef WatchWith(IActorRef subject, object message);

    /// <summary>Nothing arrives any more, not even what already waits in the mailbox.</summary>
    IActorRef Unwatch(IActorRef subject);
}

/// <summary>The running actor's view of itself.</summary>
public interface IActorContext : IActorRefFactory, ICanWatch
{
    IActorRef Self { get; }
    Props Props { get; }
    MessageDispatcher Dispatcher { get; }
    IActorRef Sender { get; }
    ActorSystem System { get; }
    IActorRef Parent { get; }
    TimeSpan? ReceiveTimeout { get; }
    void UnbecomeStacked();

    /// <summary>The child of that name, or Nobody.</summary>
    IActorRef Child(string name);
    IEnumerable<IActorRef> GetChildren();

    /// <summary>Sends <see cref="Actor.ReceiveTimeout"/> after so long without a message; null ends it.</summary>
    void SetReceiveTimeout(TimeSpan? timeout);

    /// <summary>Stops an actor: the message in hand is finished, the rest become dead letters.</summary>
    void Stop(IActorRef child);
}

/// <summary>The context of an <see cref="UntypedActor"/>.</summary>
public interface IUntypedActorContext : IActorContext
{
    void Become(UntypedReceive receive);
    void BecomeStacked(UntypedReceive receive);
}

// What the world sees of an actor: something to tell messages to, with a path. References are cheap, may be
// sent anywhere and stay usable (as a way to the dead letters) when the actor is gone.
namespace Akka.Actor;

/// <summary>Takes messages: an actor reference or an actor selection.</summary>
public interface ICanTell
{
    /// <summary>Sends without waiting. A null sender makes replies go to the dead letters.</summary>
    void Tell(object message, IActorRef? sender);
}

/// <summary>A reference to one incarnation of an actor. Equal when path and uid are.</summary>
public interface IActorRef : ICanTell, IEquatable<IActorRef>, IComparable<IActorRef>
{
    ActorPath Path { get; }
}

/// <summary>Well-known references.</summary>
public static class ActorRefs
{
    /// <summary>Nobody is there: messages to it vanish.</summary>
    public static readonly Nobody Nobody = Nobody.Instance;

    /// <summary>The absent sender: null.</summary>
    public static readonly IActorRef NoSender = null!;
}

/// <summary>Tell and Forward with the sender taken from the actor that is running.</summary>
public static class ActorRefImplicitSenderExtensions
{
    /// <summary>Sends with the running actor as the sender; outside an actor with none.</summary>
    public static void Tell(this IActorRef receiver, object message) =>
        receiver.Tell(message, ActorCell.Current?.Self);

    /// <summary>Sends on with the sender of the message in hand.</summary>
    public static void Forward(this IActorRef receiver, object message) =>
        receiver.Tell(message, ActorCell.Current?.Sender);
}

/// <summary>Questions about references that may be absent.</summary>
public static class ActorRefExtensions
{
    /// <summary>True for null, <see cref="ActorRefs.Nobody"/> and the dead letters.</summary>
    public static bool IsNobody(this IActorRef? actorRef) => actorRef is null or Nobody or DeadLetterActorRef;
}

// Messages that the runtime itself handles when an actor's turn comes to them, before or instead of Receive.
using Akka.Event;

namespace Akka.Actor;

/// <summary>Handled by the runtime, in the order of the mailbox.</summary>
public interface IAutoReceivedMessage;

/// <summary>Stays in its process: a runtime that checks serialization leaves it alone.</summary>
public interface INoSerializationVerificationNeeded;

/// <summary>Could harm if it came from an untrusted place.</summary>
public interface IPossiblyHarmful;

/// <summary>Does not restart the receiver's receive timeout.</summary>
public interface INotInfluenceReceiveTimeout;

/// <summary>Carries another message inside.</summary>
public interface IWrappedMessage
{
    object Message { get; }
}

/// <summary>A watched actor has ended.</summary>
public sealed class Terminated(IActorRef actorRef, bool existenceConfirmed, bool addressTerminated)
    : IAutoReceivedMessage, IPossiblyHarmful, IDeadLetterSuppression, INoSerializationVerificationNeeded,
        IEquatable<Terminated>
{
    public IActorRef ActorRef { get; } = actorRef;

    /// <summary>False where the actor had ended before it was watched, or never was.</summary>
    public bool ExistenceConfirmed { get; } = existenceConfirmed;

    /// <summary>True where a whole node went away; never so in a local system.</summary>
    public bool AddressTerminated { get; } = addressTerminated;

    public bool Equals(Terminated? other) => other is not null && Equals(ActorRef, other.ActorRef)
        && ExistenceConfirmed == other.ExistenceConfirmed && AddressTerminated == other.AddressTerminated;

    public override bool Equals(object? obj) => Equals(obj as Terminated);
    public override int GetHashCode() => HashCode.Combine(ActorRef, ExistenceConfirmed, AddressTerminated);
    public override string ToString() => $"<Terminated>: {ActorRef} - ExistenceConfirmed={ExistenceConfirmed}";
}

/// <summary>Stops the receiver when its turn comes.</summary>
public sealed class PoisonPill : IAutoReceivedMessage, IPossiblyHarmful, IDeadLetterSuppression
{
    private PoisonPill()
    {
    }

    public static PoisonPill Instance { get; } = new();

    public override string ToString() => "<PoisonPill>";
}

/// <summary>Makes the receiver fail with <see cref="ActorKilledException"/> when its turn comes.</summary>
public sealed class Kill : IAutoReceivedMessage
{
    private Kill()
    {
    }

    public static Kill Instance { get; } = new();

    public override string ToString() => "<Kill>";
}

/// <summary>Answered by every actor with <see cref="ActorIdentity"/>.</summary>
public sealed class Identify(object? messageId) : IAutoReceivedMessage, INotInfluenceReceiveTimeout
{
    public object MessageId { get; } = messageId!;

    public override string ToString() => $"<Identify>: {MessageId}";
}

/// <summary>The answer to <see cref="Identify"/>; the subject is null where nobody was found.</summary>
public sealed class ActorIdentity(object? messageId, IActorRef? subject) : IEquatable<ActorIdentity>
{
    public object MessageId { get; } = messageId!;
    public IActorRef Subject { get; } = subject!;

    public bool Equals(ActorIdentity? other) =>
        other is not null && Equals(MessageId, other.MessageId) && Equals(Subject, other.Subject);

    public override bool Equals(object? obj) => Equals(obj as ActorIdentity);
    public override int GetHashCode() => HashCode.Combine(MessageId, Subject);
    public override string ToString() => $"<ActorIdentity>: {Subject} - MessageId={MessageId}";
}

/// <summary>Arrives when nothing else did for the time set with SetReceiveTimeout.</summary>
public sealed class ReceiveTimeout : IPossiblyHarmful
{
    private ReceiveTimeout()
    {
    }

    public static ReceiveTimeout Instance { get; } = new();
}

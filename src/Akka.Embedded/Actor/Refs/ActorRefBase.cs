// What all references have in common: equality by uid and path, and the runtime's own side (system messages,
// parent), which MinimalActorRef answers with nothing for references that no actor stands behind.
using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>Base of all actor references.</summary>
public abstract class ActorRefBase : IActorRef
{
    public abstract ActorPath Path { get; }

    public abstract void Tell(object message, IActorRef? sender);

    public bool Equals(IActorRef? other) =>
        ReferenceEquals(this, other) || (other is not null && Path.Uid == other.Path.Uid && Path.Equals(other.Path));

    public sealed override bool Equals(object? obj) => Equals(obj as IActorRef);
    public sealed override int GetHashCode() => HashCode.Combine(Path.Uid, Path.Name);

    public int CompareTo(IActorRef? other)
    {
        var places = Path.CompareTo(other?.Path);
        return places != 0 ? places : Path.Uid.CompareTo(other!.Path.Uid);
    }

    public override string ToString() => $"[{Path.ToStringWithUid()}]";
}

/// <summary>The runtime's side of a reference.</summary>
internal interface IInternalActorRef : IActorRef
{
    ActorSystemImpl? System { get; }
    IInternalActorRef Parent { get; }
    bool IsTerminated { get; }

    void SendSystemMessage(SystemMessage message);

    /// <summary>Asks the actor to stop after the message in hand.</summary>
    void Stop();
}

/// <summary>A reference with nobody behind it; heirs say what becomes of messages.</summary>
public abstract class MinimalActorRef : ActorRefBase, IInternalActorRef
{
    ActorSystemImpl? IInternalActorRef.System => OwnSystem;
    IInternalActorRef IInternalActorRef.Parent => ActorRefs.Nobody;
    bool IInternalActorRef.IsTerminated => IsGone;

    private protected virtual ActorSystemImpl? OwnSystem => null;
    private protected virtual bool IsGone => false;

    public override void Tell(object message, IActorRef? sender)
    {
    }

    void IInternalActorRef.SendSystemMessage(SystemMessage message) => OnSystemMessage(message);

    void IInternalActorRef.Stop() => OnSystemMessage(new Terminate());

    private protected virtual void OnSystemMessage(SystemMessage message)
    {
    }
}

/// <summary>The reference to no actor at all.</summary>
public sealed class Nobody : MinimalActorRef
{
    internal static readonly Nobody Instance = new();

    private Nobody()
    {
    }

    public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems) / "Nobody";
}

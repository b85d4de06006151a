// One more test actor: it can be told, watched and sent in place of an actor, and expected from like the test itself.

using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;

namespace Akka.TestKit;

/// <summary>A test actor of its own, which is a reference to it as well.</summary>
#pragma warning disable CA1036 // Akka's references have an order, for sorting, and no operators.
public sealed class TestProbe : TestKitBase, INoImplicitSender, IInternalActorRef
#pragma warning restore CA1036
{
    public TestProbe(ActorSystem system, string? testProbeName = null)
        : base(system, config: null, actorSystemName: null, testProbeName)
    {
    }

    public IActorRef Ref => TestActor;

    /// <summary>Who told the message that the probe took last.</summary>
    public IActorRef Sender => LastSender;

    ActorPath IActorRef.Path => TestActor.Path;

    ActorSystemImpl? IInternalActorRef.System => Inner.System;

    IInternalActorRef IInternalActorRef.Parent => Inner.Parent;

    bool IInternalActorRef.IsTerminated => Inner.IsTerminated;

    private IInternalActorRef Inner => (IInternalActorRef)TestActor;

    /// <summary>Tells, with the probe as the sender.</summary>
    public void Send(IActorRef actor, object message) => actor.Tell(message, TestActor);

    /// <summary>Tells the message that the probe took last, in the name of its sender.</summary>
    public void Forward(IActorRef actor) => actor.Tell(LastMessage!, Sender);

    public void Forward(IActorRef actor, object message) => actor.Tell(message, Sender);

    /// <summary>Answers who told the message that the probe took last.</summary>
    public void Reply(object message) => Sender.Tell(message, TestActor);

    public override bool Equals(object? obj) => TestActor.Equals(obj as IActorRef);

    public override int GetHashCode() => TestActor.GetHashCode();

    public override string ToString() => $"TestProbe({TestActor})";

    bool IEquatable<IActorRef>.Equals(IActorRef? other) => TestActor.Equals(other);

    int IComparable<IActorRef>.CompareTo(IActorRef? other) => TestActor.CompareTo(other);

    void ICanTell.Tell(object message, IActorRef? sender) => TestActor.Tell(message, sender);

    void IInternalActorRef.SendSystemMessage(SystemMessage message) => Inner.SendSystemMessage(message);

    void IInternalActorRef.Stop() => Inner.Stop();
}

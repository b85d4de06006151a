// A logger that is no actor, for the time when no actor runs: it writes on the thread that logs.

using Akka.Actor;

namespace Akka.Event;

/// <summary>Thread-safe. To be named by <c>akka.stdout-logger-class</c> it needs a plain constructor.</summary>
public abstract class MinimalLogger : MinimalActorRef
{
    public sealed override ActorPath Path { get; } = new RootActorPath(Address.AllSystems, "/StandardOutLogger");

    public sealed override void Tell(object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(message);
        Log(message);
    }

    protected abstract void Log(object message);
}

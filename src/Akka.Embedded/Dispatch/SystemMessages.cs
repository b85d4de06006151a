// What the runtime tells an actor's cell, ahead of all user messages. Each message is linked into one mailbox,
// so an object is sent to one actor, once.
using Akka.Actor;

namespace Akka.Dispatch.SysMsg;

internal abstract class SystemMessage
{
    internal SystemMessage? Next;

    /// <summary>Waits while the actor is failed: it is not the time to judge others.</summary>
    internal virtual bool WaitsWhileSuspended => false;

    /// <summary>Waits while a restart waits for children to end.</summary>
    internal virtual bool WaitsForChildren => false;
}

/// <summary>To oneself, first of all: make the instance.</summary>
internal sealed class Create : SystemMessage;

/// <summary>Restart.</summary>
internal sealed class Recreate(Exception cause) : SystemMessage
{
    internal Exception Cause => cause;
    internal override bool WaitsForChildren => true;
}

/// <summary>No user message until a matching <see cref="Resume"/> or <see cref="Recreate"/>.</summary>
internal sealed class Suspend : SystemMessage
{
    internal override bool WaitsForChildren => true;
}

/// <summary>Undoes one suspension. The cause is given to the actor that failed, null to the others.</summary>
internal sealed class Resume(Exception? causedByFailure) : SystemMessage
{
    internal Exception? CausedByFailure => causedByFailure;
    internal override bool WaitsForChildren => true;
}

/// <summary>Stop.</summary>
internal sealed class Terminate : SystemMessage;

/// <summary>To the parent: a child failed and waits, suspended, for a directive.</summary>
internal sealed class Failed(IInternalActorRef child, Exception cause) : SystemMessage
{
    internal IInternalActorRef Child => child;
    internal Exception Cause => cause;
    internal override bool WaitsWhileSuspended => true;
    internal override bool WaitsForChildren => true;
}

internal sealed class Watch(IInternalActorRef watchee, IInternalActorRef watcher) : SystemMessage
{
    internal IInternalActorRef Watchee => watchee;
    internal IInternalActorRef Watcher => watcher;
}

internal sealed class Unwatch(IInternalActorRef watcher) : SystemMessage
{
    internal IInternalActorRef Watcher => watcher;
}

/// <summary>To parents and watchers: the actor has ended.</summary>
internal sealed class DeathWatchNotification(IInternalActorRef actor, bool existenceConfirmed) : SystemMessage
{
    internal IInternalActorRef Actor => actor;
    internal bool ExistenceConfirmed => existenceConfirmed;
}

/// <summary>A step of an asynchronous handler, or its failure, comes back to its actor.</summary>
internal sealed class ActorTaskStep(Action step) : SystemMessage
{
    internal Action Step => step;
}

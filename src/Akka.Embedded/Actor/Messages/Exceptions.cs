// What the runtime throws, and what supervisors meet as the causes of their children's failures.
namespace Akka.Actor;

/// <summary>Base class of the exceptions that the actor runtime itself throws.</summary>
public abstract class AkkaException : Exception
{
    protected AkkaException()
    {
    }

    protected AkkaException(string? message, Exception? cause = null)
        : base(message, cause)
    {
    }
}

/// <summary>A name that is taken, empty or has foreign characters.</summary>
public class InvalidActorNameException(string message, Exception? innerException = null)
    : AkkaException(message, innerException);

/// <summary>A name that cannot be used in a selection.</summary>
public class IllegalActorNameException(string message) : AkkaException(message);

/// <summary>Something was asked of an actor that its state does not allow.</summary>
public class IllegalActorStateException(string message) : AkkaException(message);

/// <summary>No answer within the time given to Ask.</summary>
public class AskTimeoutException(string message) : AkkaException(message);

/// <summary>A null message.</summary>
public class InvalidMessageException(string message = "Message is null") : AkkaException(message);

/// <summary>A selection reached nobody.</summary>
public class ActorNotFoundException(string message, Exception? innerException = null)
    : AkkaException(message, innerException);

/// <summary>A <see cref="Kill"/> arrived.</summary>
public class ActorKilledException(string message = "Kill") : AkkaException(message);

/// <summary>A watched actor ended and the watcher did not handle <see cref="Terminated"/>.</summary>
public class DeathPactException(IActorRef deadActor) : AkkaException($"Monitored actor [{deadActor}] terminated")
{
    public IActorRef DeadActor { get; } = deadActor;
}

/// <summary>An actor's constructor or PreStart failed.</summary>
public class ActorInitializationException : AkkaException
{
    public ActorInitializationException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }

    public ActorInitializationException(IActorRef actor, string message, Exception? cause = null)
        : base(message, cause) => Actor = actor;

    public IActorRef? Actor { get; }

    public override string ToString() => Actor is null ? base.ToString() : $"{Actor}: {base.ToString()}";
}

/// <summary>PreRestart failed; only logged, the restart goes on.</summary>
public class PreRestartException(IActorRef actor, Exception restartException, Exception cause, object? optionalMessage)
    : ActorInitializationException(actor, $"Exception pre restart ({restartException.GetType()})", cause)
{
    public Exception RestartException { get; } = restartException;
    public object OptionalMessage { get; } = optionalMessage!;
}

/// <summary>The new incarnation's constructor or PostRestart failed.</summary>
public class PostRestartException(IActorRef actor, Exception cause, Exception originalCause)
    : ActorInitializationException(actor, $"Exception post restart ({originalCause.GetType()})", cause)
{
    public Exception OriginalCause { get; } = originalCause;
}

/// <summary>The scheduler is not there any more.</summary>
public sealed class SchedulerException(string message) : AkkaException(message);

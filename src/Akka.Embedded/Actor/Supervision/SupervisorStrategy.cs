// How an actor answers its children's failures: a decider maps the cause to a directive, the strategy applies it.
using Akka.Event;

namespace Akka.Actor;

/// <summary>What becomes of a child that failed.</summary>
public enum Directive
{
    /// <summary>Goes on with the next message, its state kept.</summary>
    Resume,

    /// <summary>Is replaced by a new instance.</summary>
    Restart,

    /// <summary>Is the supervisor's own failure.</summary>
    Escalate,

    /// <summary>Ends.</summary>
    Stop,
}

/// <summary>Decides about children's failures.</summary>
public abstract class SupervisorStrategy
{
    /// <summary>Stop what could not start, was killed or broke a death pact; restart everything else.</summary>
    public static readonly IDecider DefaultDecider = Akka.Actor.Decider.From(
        Directive.Restart,
        Directive.Stop.When<ActorInitializationException>(),
        Directive.Stop.When<ActorKilledException>(),
        Directive.Stop.When<DeathPactException>());

    public static readonly SupervisorStrategy DefaultStrategy = new OneForOneStrategy(DefaultDecider);
    public static readonly SupervisorStrategy StoppingStrategy = new OneForOneStrategy(_ => Directive.Stop);

    private protected SupervisorStrategy(int maxNumberOfRetries, TimeSpan? window, IDecider decider, bool logs)
    {
        MaxNumberOfRetries = maxNumberOfRetries;
        WithinTimeRangeMilliseconds = window is null ? -1 : (int)window.Value.TotalMilliseconds;
        Decider = decider;
        LoggingEnabled = logs;
    }

    /// <summary>Restarts allowed in the time range (or ever): negative for any number, 0 for none.</summary>
    public int MaxNumberOfRetries { get; }

    /// <summary>Zero or less: without a time range.</summary>
    public int WithinTimeRangeMilliseconds { get; }

    public IDecider Decider { get; }
    protected bool LoggingEnabled { get; set; }

    protected virtual Directive Handle(IActorRef child, Exception exception) => Decider.Decide(exception);

    /// <summary>False where the failure is to be escalated.</summary>
    internal bool HandleFailure(
        IActorContext context, IActorRef child, Exception cause, ChildRestartStats stats)
    {
        var directive = Handle(child, cause);
        LogFailure(context, child, cause, directive);
        switch (directive)
        {
            case Directive.Resume:
                ((IInternalActorRef)child).SendSystemMessage(new Dispatch.SysMsg.Resume(cause));
                return true;
            case Directive.Restart:
                ProcessFailure(context, restart: true, cause, stats);
                return true;
            case Directive.Stop:
                ProcessFailure(context, restart: false, cause, stats);
                return true;
            default:
                return false;
        }
    }

    private protected abstract void ProcessFailure(
        IActorContext context, bool restart, Exception cause, ChildRestartStats failed);

    protected virtual void LogFailure(IActorContext context, IActorRef child, Exception cause, Directive directive)
    {
        if (!LoggingEnabled || directive == Directive.Escalate)
        {
            return;
        }

        var told = cause is ActorInitializationException { InnerException: { } inner } ? inner.Message : cause.Message;
        context.System.EventStream.Publish(directive == Directive.Resume
            ? new Warning(cause, child.Path.ToString(), GetType(), told)
            : new Error(cause, child.Path.ToString(), GetType(), told));
    }
}

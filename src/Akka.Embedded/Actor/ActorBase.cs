// The actor itself: user code with one message at a time. An instance lives from its constructor to PostStop
// or to a restart, which replaces it:
//
//   constructor -> PreStart -> messages -> PostStop
//        ^                        | failure, directive Restart
//        +-- PostRestart <-- PreRestart
//
// Context belongs to the thread that runs the actor, and only while it does.
using Akka.Actor.Scheduler;
using Akka.Event;

namespace Akka.Actor;

/// <summary>Handles a message; false means that it was not handled.</summary>
public delegate bool Receive(object message);

/// <summary>Asks the runtime to log each message received (<c>akka.actor.debug.receive = on</c>).</summary>
public interface ILogReceive;

/// <summary>Base of all actors. Never made with <c>new</c>: see <see cref="Props"/>.</summary>
public abstract class ActorBase
{
    private IActorRef? _selfOfCleared;
    private SupervisorStrategy? _strategy;

    protected ActorBase()
    {
        var cell = ActorCell.Current ?? throw new ActorInitializationException(
            "Do not create actors using 'new', always create them using an ActorContext/System");
        if (this is IWithTimers withTimers)
        {
            withTimers.Timers = new TimerScheduler(cell);
        }

        cell.Become(Receive);
    }

    protected static IActorContext Context => Cell;

    protected IActorRef Self => _selfOfCleared ?? Cell.Self;

    /// <summary>The sender of the message in hand; the dead letters where it had none.</summary>
    protected IActorRef Sender => Cell.Sender;

    private static ActorCell Cell => ActorCell.Current ?? throw new NotSupportedException(
        "There is no active ActorContext, this is most likely due to use of async operations from within this actor.");

    internal SupervisorStrategy Strategy
    {
        get => _strategy ??= SupervisorStrategy();
        set => _strategy = value;
    }

    protected abstract bool Receive(object message);

    /// <summary>How failures of this actor's children are handled.</summary>
    protected virtual SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.DefaultStrategy;

    protected virtual void PreStart()
    {
    }

    protected virtual void PostStop()
    {
    }

    /// <summary>On the failed instance. Stops all children and calls PostStop unless overridden.</summary>
    protected virtual void PreRestart(Exception reason, object message)
    {
        foreach (var child in Context.GetChildren())
        {
            Context.Unwatch(child);
            Context.Stop(child);
        }

        PostStop();
    }

    /// <summary>On the new instance. Calls PreStart unless overridden.</summary>
    protected virtual void PostRestart(Exception reason) => PreStart();

    /// <summary>What nobody handled: published as <see cref="UnhandledMessage"/>; Terminated is fatal.</summary>
    protected virtual void Unhandled(object message)
    {
        if (message is Terminated terminated)
        {
            throw new DeathPactException(terminated.ActorRef);
        }

        Context.System.EventStream.Publish(new UnhandledMessage(message, Sender, Self));
    }
    protected void UnbecomeStacked() => Context.UnbecomeStacked();
    protected void SetReceiveTimeout(TimeSpan? timeout) => Context.SetReceiveTimeout(timeout);

    public virtual void AroundPreStart() => PreStart();

    public virtual void AroundPreRestart(Exception cause, object message)
    {
        (this as IWithTimers)?.Timers?.CancelAll();
        PreRestart(cause, message);
    }

    public virtual void AroundPostRestart(Exception cause, object message) => PostRestart(cause);

    public virtual void AroundPostStop()
    {
        (this as IWithTimers)?.Timers?.CancelAll();
        PostStop();
    }

    protected internal virtual bool AroundReceive(Receive receive, object message)
    {
        if (receive(message))
        {
            return true;
        }

        Unhandled(message);
        return false;
    }

    internal void Clear(IActorRef selfFromNowOn) => _selfOfCleared = selfFromNowOn;
    internal void Revive() => _selfOfCleared = null;
}

// Beginning and end of an actor.
//
//   Create -> instance -> PreStart -> (messages) -> Terminate -> children end -> PostStop -> mailbox closed
//          -> parent told -> watchers told
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

internal sealed partial class ActorCell
{
    private bool DebugLifecycle => SystemImpl.Settings.DebugLifecycle;

    /// <summary>Makes the mailbox run; the first thing that it does is to make the instance.</summary>
    internal void Start()
    {
        Dispatcher.Attach(this);
        Mailbox.PostSystem(new Create());
        Mailbox.Start();
    }

    private void CreateActor()
    {
        try
        {
            _actor = NewActor();
            _actor.AroundPreStart();
            CheckReceiveTimeout(reschedule: true);
            LogLife("Started ({0})");
        }
        catch (Exception cause)
        {
            ClearActor();
            _actor = null;
            throw new ActorInitializationException(_self, "Exception during creation", cause);
        }
    }

    private ActorBase NewActor()
    {
        _stackedBehaviours = null;
        var actor = Props.NewActor();
        actor.Strategy = Props.SupervisorStrategy!;
        if (actor is IActorStash { Stash: null } stashing)
        {
            stashing.Stash = new ActorStash(this);
        }

        (actor as ReceiveActor)?.EndConstruction();
        _logsReceive = SystemImpl.Settings.AddLoggingReceive && actor is ILogReceive;
        return actor;
    }

    /// <summary>Begins the end: children first.</summary>
    private void Terminate()
    {
        SetReceiveTimeout(null);
        CancelReceiveTimeout();
        UnwatchAll();
        StopChildren();
        if (!_children.TryWaitFor(WaitReason.Termination, out var alreadyTerminating))
        {
            FinishTerminate();
        }
        else if (!alreadyTerminating)
        {
            Mailbox.Suspend();
            _perpetrator = _self;
            LogLife("Stopping");
        }
    }

    private void FinishTerminate()
    {
        Interlocked.CompareExchange(ref _children, Children.NoneEver, Children.None).Close();
        try
        {
            _actor?.AroundPostStop();
        }
        catch (Exception cause)
        {
            Publish(new Error(cause, _self.Path.ToString(), ActorType, cause.Message));
        }

        UnstashAll();
        Mailbox.Close();
        Dispatcher.Detach(this);
        ParentRef.SendSystemMessage(new DeathWatchNotification(_self, existenceConfirmed: true));
        TellWatchersWeDied();
        UnwatchAll();
        LogLife("Stopped");
        ClearActor();
        _actor = null;
        Props = Props.Empty;
        _behaviour = static _ => false;
        _stackedBehaviours = null;
    }

    private void UnstashAll() => (_actor as IActorStash)?.Stash?.UnstashAll();

    /// <summary>The instance is done with; what it still does in callbacks reaches the dead letters.</summary>
    private void ClearActor()
    {
        if (_actor is { } actor)
        {
            try
            {
                (actor as IDisposable)?.Dispose();
            }
            catch (Exception cause)
            {
                Publish(new Error(cause, _self.Path.ToString(), actor.GetType(),
                    $"An error occurred while disposing {actor.GetType()} actor. Reason: {cause.Message}"));
            }

            actor.Clear(SystemImpl.DeadLetters);
        }

        Letter = null;
    }

    private void LogLife(string format)
    {
        if (DebugLifecycle)
        {
            var text = format.Replace("{0}", _actor?.ToString(), StringComparison.Ordinal);
            Publish(new Debug(_self.Path.ToString(), ActorType, text));
        }
    }
}

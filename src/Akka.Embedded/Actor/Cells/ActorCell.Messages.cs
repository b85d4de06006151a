// Messages of an actor: user messages one at a time, system messages before them. A system message that must not
// be handled now (a child's failure while the actor itself is failed; another restart while one waits for
// children) waits here until the state that forbade it is over.
using Akka.Actor.Scheduler;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

internal sealed partial class ActorCell
{
    private Queue<SystemMessage>? _waitingSystemMessages;

    /// <summary>How forbidding the cell's state is: each level lets through less than the one before.</summary>
    private enum Restraint
    {
        None,
        Suspended,
        WaitsForChildren,
    }

    private Restraint CurrentRestraint =>
        IsWaitingForChildren ? Restraint.WaitsForChildren
        : Mailbox.IsSuspended ? Restraint.Suspended
        : Restraint.None;

    internal void Invoke(Letter letter)
    {
        Letter = letter;
        try
        {
            if (_usesReceiveTimeout && letter.Message is not INotInfluenceReceiveTimeout)
            {
                CancelReceiveTimeout();
            }

            if (letter.Message is IAutoReceivedMessage)
            {
                AutoReceive(letter.Message);
            }
            else
            {
                ReceiveMessage(letter.Message);
            }

            Letter = null;
        }
        catch (Exception cause)
        {
            HandleInvokeFailure(cause);
        }

        if (_usesReceiveTimeout)
        {
            CheckReceiveTimeout(reschedule: letter.Message is not INotInfluenceReceiveTimeout);
        }
    }

    private void ReceiveMessage(object message)
    {
        var handled = _actor!.AroundReceive(_behaviour, message);
        if (_logsReceive)
        {
            Publish(new Debug(_self.Path.ToString(), ActorType,
                $"received {(handled ? "handled" : "unhandled")} message {message} from {Sender.Path}"));
        }
    }

    private void AutoReceive(object message)
    {
        if (SystemImpl.Settings.DebugAutoReceive && message is not TimerMessage)
        {
            Publish(new Debug(_self.Path.ToString(), ActorType, "received AutoReceiveMessage " + message));
        }

        switch (message)
        {
            case Terminated terminated:
                ReceiveTerminated(terminated);
                break;
            case Kill:
                throw new ActorKilledException("Kill");
            case PoisonPill:
                _self.Stop();
                break;
            case Identify identify:
                Sender.Tell(new ActorIdentity(identify.MessageId, _self), _self);
                break;
            case TimerMessage timer:
                ReceiveTimer(timer);
                break;
            default:
                ReceiveMessage(message);
                break;
        }
    }

    private void ReceiveTimer(TimerMessage timer)
    {
        if (_actor is not IWithTimers { Timers: TimerScheduler timers } || !timers.TryTake(timer))
        {
            return;
        }

        Letter = new Letter(timer.Message, Letter!.Sender);     // This is what a stash puts aside.
        if (timer.Message is IAutoReceivedMessage)
        {
            AutoReceive(timer.Message);
        }
        else
        {
            ReceiveMessage(timer.Message);
        }
    }

    internal void SystemInvoke(SystemMessage message)
    {
        var restraint = CurrentRestraint;
        if ((restraint >= Restraint.Suspended && message.WaitsWhileSuspended)
            || (restraint == Restraint.WaitsForChildren && message.WaitsForChildren))
        {
            (_waitingSystemMessages ??= new Queue<SystemMessage>()).Enqueue(message);
            return;
        }

        try
        {
            Handle(message);
        }
        catch (Exception cause)
        {
            HandleInvokeFailure(cause);
        }

        if (CurrentRestraint < restraint && _waitingSystemMessages is { } waiting)
        {
            _waitingSystemMessages = null;
            while (!Mailbox.IsClosed && waiting.TryDequeue(out var waited))
            {
                SystemInvoke(waited);
            }
        }
    }

    private void Handle(SystemMessage message)
    {
        switch (message)
        {
            case Create:
                CreateActor();
                break;
            case Recreate recreate:
                Recreate(recreate.Cause);
                break;
            case Suspend:
                Mailbox.Suspend();
                SuspendChildren([]);
                break;
            case Resume resume:
                Resume(resume.CausedByFailure);
                break;
            case Dispatch.SysMsg.Terminate:
                Terminate();
                break;
            case Failed failed:
                HandleFailed(failed);
                break;
            case Watch watch:
                AddWatcher(watch);
                break;
            case Unwatch unwatch:
                RemoveWatcher(unwatch);
                break;
            case DeathWatchNotification notification:
                WatchedActorTerminated(notification);
                break;
            case ActorTaskStep task:
                task.Step();
                break;
        }
    }

    private void Publish(LogEvent logEvent) => SystemImpl.EventStream.Publish(logEvent);
}

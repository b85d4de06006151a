// Messages of an actor: user messages one at a time, system messages before them. A system message that must not
// be handled now (a child's failure while the actor itself is failed; another restart while one waits for
// children) waits here until the state that forbade it is over.
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

    /// <summary>Counts user messages, so that the stash knows one from the next.</summary>
    internal int MessageNumber { get; private set; }

    internal void Invoke(object message, IActorRef? sender)
    {
        CurrentMessage = message;
        _sender = sender;
        MessageNumber++;
        var counts = !HasReceiveTimeout || message is not INotInfluenceReceiveTimeout;
        try
        {
            if (counts && HasReceiveTimeout)
            {
                CancelReceiveTimeout();
            }

            if (message is IAutoReceivedMessage)
            {
                AutoReceive(message);
            }
            else
            {
                ReceiveMessage(message);
            }

            CurrentMessage = null;
        }
        catch (Exception cause)
        {
            HandleInvokeFailure(cause);
        }

        if (HasReceiveTimeout)
        {
            CheckReceiveTimeout(reschedule: counts);
        }
    }

    internal void ReceiveMessage(object message)
    {
        var handled = _actor!.AroundReceive(_behaviour, message);
        if (SystemImpl.Settings.AddLoggingReceive && _actor is ILogReceive)
        {
            Publish(new Debug(_self.Path.ToString(), ActorType,
                $"received {(handled ? "handled" : "unhandled")} message {message} from {Sender.Path}"));
        }
    }

    internal void AutoReceive(object message)
    {
        if (SystemImpl.Settings.DebugAutoReceive)
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
            default:
                ReceiveMessage(message);
                break;
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

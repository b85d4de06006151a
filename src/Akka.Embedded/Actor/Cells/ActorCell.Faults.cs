// Failure. Who fails is suspended with all children and tells the parent, which answers by a directive:
//
//   failure -> suspended -> Resume    -> goes on
//                        -> Restart   -> PreRestart -> children that were stopped end -> new instance -> resumed
//                        -> Stop      -> Terminate
//                        -> Escalate  -> the parent fails in its turn
// An actor without an instance (its constructor failed) is created anew by Resume and Restart.
// The perpetrator is who the failure is about: the actor itself, or the child whose failure it escalates.
using System.Runtime.ExceptionServices;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

internal sealed partial class ActorCell
{
    private IActorRef? _perpetrator;
    private Exception? _recreationCause;

    private void HandleInvokeFailure(Exception cause) =>
        HandleInvokeFailure(cause, Letter?.Message is Failed failed ? [failed.Child] : []);

    private void HandleInvokeFailure(Exception cause, IReadOnlyCollection<IActorRef> childrenNotToSuspend)
    {
        if (_perpetrator is not null)
        {
            return;
        }

        Mailbox.Suspend();
        _perpetrator = Letter?.Message is Failed failed ? failed.Child : _self;
        SuspendChildren(childrenNotToSuspend);
        ParentRef.SendSystemMessage(new Failed(_self, cause));
    }

    private void Recreate(Exception cause)
    {
        if (_actor is null)
        {
            CreateAgain();
            return;
        }

        if (_children.Waits)
        {
            Resume(null);
            return;
        }

        LogLife("Restarting");
        var failed = _actor;
        var message = Letter?.Message;
        try
        {
            failed.AroundPreRestart(cause, message!);
        }
        catch (Exception e)
        {
            var reported = new PreRestartException(_self, e, cause, message);
            Publish(new Error(reported, _self.Path.ToString(), failed.GetType(), e.Message));
        }

        UnstashAll();
        ClearActor();
        if (!_children.TryWaitFor(WaitReason.Recreation, out _))
        {
            FinishRecreate(cause);
        }
        else
        {
            _recreationCause = cause;
        }
    }

    private void FinishRecreate(Exception cause)
    {
        var failed = _actor;
        var survivors = _children.Refs;
        try
        {
            Mailbox.Resume();
            _perpetrator = null;
            _recreationCause = null;
            var fresh = NewActor();
            _actor = fresh;
            if (ReferenceEquals(fresh, failed))
            {
                fresh.Revive();
            }

            fresh.AroundPostRestart(cause, null!);
            CheckReceiveTimeout(reschedule: false);
            LogLife("Restarted ({0})");
            foreach (var child in survivors)
            {
                child.SendSystemMessage(new Recreate(cause));
            }
        }
        catch (Exception e)
        {
            ClearActor();
            HandleInvokeFailure(new PostRestartException(_self, e, cause), survivors);
        }
    }

    private void Resume(Exception? causedByFailure)
    {
        if (_actor is null)
        {
            CreateAgain();
            return;
        }

        var perpetrator = _perpetrator;
        Mailbox.Resume();
        if (causedByFailure is not null)
        {
            _perpetrator = null;
        }

        foreach (var child in _children.Refs)
        {
            child.SendSystemMessage(new Resume(child.Equals(perpetrator) ? causedByFailure : null));
        }
    }

    private void CreateAgain()
    {
        SetReceiveTimeout(null);
        CancelReceiveTimeout();
        StopChildren();
        if (!_children.TryWaitFor(WaitReason.Creation, out _))
        {
            FinishCreate();
        }
    }

    private void FinishCreate()
    {
        Mailbox.Resume();
        _perpetrator = null;
        CreateActor();
    }

    private void HandleFailed(Failed failed)
    {
        Letter = new Letter(failed, failed.Child);
        if (!_children.TryGet(failed.Child, out var stats))
        {
            Publish(new Debug(_self.Path.ToString(), ActorType,
                $"Dropping Failed({failed.Cause}) from unknown child {failed.Child}"));
        }
        else if (!_actor!.Strategy.HandleFailure(this, failed.Child, failed.Cause, stats))
        {
            ExceptionDispatchInfo.Throw(failed.Cause);
        }

        Letter = null;
    }
}

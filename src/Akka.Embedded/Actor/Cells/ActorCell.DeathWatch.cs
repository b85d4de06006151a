// Death watch. The watchee tells its watchers by a system message; each watcher then tells itself Terminated, in
// the order of its mailbox, and takes it only if it still watches: Unwatch wins over what already waits.
// A parent is told of a child's end whether it watches or not.
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

internal sealed partial class ActorCell
{
    private Dictionary<IActorRef, object?>? _watching;      // With the message wanted, null for Terminated.
    private Dictionary<IActorRef, object?>? _terminated;    // Whose Terminated waits in the mailbox or the stash.
    private HashSet<IInternalActorRef>? _watchedBy;

    public IActorRef Watch(IActorRef subject) => Watch(subject, null);

    public IActorRef WatchWith(IActorRef subject, object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Watch(subject, message);
    }

    private IActorRef Watch(IActorRef subject, object? message)
    {
        ArgumentNullException.ThrowIfNull(subject);
        var watchee = (IInternalActorRef)subject;
        if (!watchee.Equals(_self) && (_watching ??= []).TryAdd(watchee, message))
        {
            watchee.SendSystemMessage(new Watch(watchee, _self));
        }

        return subject;
    }

    public IActorRef Unwatch(IActorRef subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        var watchee = (IInternalActorRef)subject;
        if (_watching is not null && _watching.Remove(watchee))
        {
            watchee.SendSystemMessage(new Unwatch(_self));
        }

        _terminated?.Remove(watchee);
        return subject;
    }

    private void ReceiveTerminated(Terminated terminated)
    {
        if (_terminated is not null && _terminated.Remove(terminated.ActorRef, out var wanted))
        {
            ReceiveMessage(wanted ?? terminated);
        }
    }

    private void WatchedActorTerminated(DeathWatchNotification notification)
    {
        var ended = notification.Actor;
        if (_watching is not null && _watching.Remove(ended, out var wanted) && !IsTerminating)
        {
            _self.Tell(new Terminated(ended, notification.ExistenceConfirmed, addressTerminated: false), ended);
            ExpectTerminated(ended, wanted);
        }

        if (_children.TryGet(ended, out _))
        {
            RemoveChild(ended);
        }
    }

    private bool IsTerminating => _children.Reason == WaitReason.Termination;

    /// <summary>A Terminated was put (back) into the mailbox and is to be taken when its turn comes.</summary>
    internal void ExpectTerminated(IActorRef subject, object? wanted = null) =>
        (_terminated ??= []).TryAdd(subject, wanted);

    private void AddWatcher(Watch watch)
    {
        if (watch.Watchee.Equals(_self) && !watch.Watcher.Equals(_self) && (_watchedBy ??= []).Add(watch.Watcher))
        {
            LogWatch("now watched by", watch.Watcher);
        }
    }

    private void RemoveWatcher(Unwatch unwatch)
    {
        if (_watchedBy is not null && _watchedBy.Remove(unwatch.Watcher))
        {
            LogWatch("no longer watched by", unwatch.Watcher);
        }
    }

    private void TellWatchersWeDied()
    {
        foreach (var watcher in _watchedBy ?? [])
        {
            if (!watcher.Equals(ParentRef))
            {
                watcher.SendSystemMessage(new DeathWatchNotification(_self, existenceConfirmed: true));
            }
        }

        _watchedBy = null;
    }

    private void UnwatchAll()
    {
        foreach (var watchee in _watching?.Keys.ToArray() ?? [])
        {
            ((IInternalActorRef)watchee).SendSystemMessage(new Unwatch(_self));
        }

        _watching = null;
        _terminated = null;
    }

    private void LogWatch(string what, IActorRef watcher)
    {
        if (DebugLifecycle)
        {
            Publish(new Debug(_self.Path.ToString(), ActorType, $"{what} {watcher}"));
        }
    }
}

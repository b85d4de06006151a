// Children of an actor. Anybody may look at the register; besides the actor itself only the guardians' children
// are made from foreign threads.
using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

internal sealed partial class ActorCell
{
    private Children _children = Children.None;

    private bool IsWaitingForChildren => _children.Reason is WaitReason.Creation or WaitReason.Recreation;

    public IActorRef ActorOf(Props props, string? name = null)
    {
        if (name is not null)
        {
            ActorNames.Check(name);
        }

        return MakeChild(props, name);
    }

    /// <summary>Makes a child under a name that was checked, or generated.</summary>
    internal IActorRef MakeChild(Props props, string? name)
    {
        ArgumentNullException.ThrowIfNull(props);
        name = ReserveChild(name);
        LocalActorRef child;
        try
        {
            var path = new ChildActorPath(_self.Path, name, ActorSystemImpl.NextUid());
            child = new LocalActorRef(SystemImpl, props, SystemImpl.DispatcherOf(props, path), _self, path);
        }
        catch
        {
            _children.Unreserve(name);
            throw;
        }

        if (_perpetrator is not null)
        {
            for (var i = 0; i < Mailbox.Suspensions; i++)
            {
                child.Cell.Mailbox.PostSystem(new Suspend());
            }
        }

        _children.Add(child);
        child.Cell.Start();
        return child;
    }

    /// <summary>Makes a child of an actor that was made elsewhere and is not started yet.</summary>
    internal void Adopt(LocalActorRef child)
    {
        ReserveChild(child.Path.Name);
        _children.Add(child);
    }

    private string ReserveChild(string? name)
    {
        if (ReferenceEquals(_children, Children.None))
        {
            Interlocked.CompareExchange(ref _children, new Children(), Children.None);
        }

        return _children.Reserve(name);
    }

    public void Stop(IActorRef child)
    {
        _children.MarkDying(child);
        ((IInternalActorRef)child).Stop();
    }

    public IActorRef Child(string name) => (IActorRef?)_children.Find(name) ?? ActorRefs.Nobody;

    public IEnumerable<IActorRef> GetChildren() => _children.Refs;

    private void StopChildren()
    {
        foreach (var child in _children.Refs)
        {
            Stop(child);
        }
    }

    private void SuspendChildren(IReadOnlyCollection<IActorRef> except)
    {
        foreach (var child in _children.Refs)
        {
            if (!except.Contains(child))
            {
                child.SendSystemMessage(new Suspend());
            }
        }
    }

    private void RemoveChild(IInternalActorRef child)
    {
        switch (_children.Remove(child))
        {
            case WaitReason.Recreation:
                FinishRecreate(_recreationCause!);
                break;
            case WaitReason.Creation:
                FinishCreate();
                break;
            case WaitReason.Termination:
                FinishTerminate();
                break;
        }
    }
}

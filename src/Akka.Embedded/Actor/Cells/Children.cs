// The register of an actor's children, and what the actor waits for while some of them are dying:
//
//   None -> (a child is stopped) -> None, with dying children -> (TryWaitFor) -> Creation, Recreation, Termination
//        -> (the last dying child is removed) -> None; the reason is handed out, once
//   Closed: no child ever again
// Guarded by its own lock, which is held for dictionary work only. Actors without children share None.
namespace Akka.Actor;

/// <summary>What an actor waits to do until its dying children are gone.</summary>
internal enum WaitReason
{
    None,
    Creation,
    Recreation,
    Termination,
}

internal sealed class Children
{
    /// <summary>The register of those who never had a child.</summary>
    internal static readonly Children None = new();

    /// <summary>The register of those who never had a child and have ended.</summary>
    internal static readonly Children NoneEver = new() { _isClosed = true };

    private readonly Lock _lock = new();
    private Dictionary<string, ChildRestartStats?>? _byName;    // A null value is a name that is reserved.
    private HashSet<IActorRef>? _dying;
    private long _generatedNames;
    private bool _isClosed;

    internal WaitReason Reason { get; private set; }

    /// <summary>True while a restart, a creation or the end waits.</summary>
    internal bool Waits => Reason != WaitReason.None;

    internal IReadOnlyList<LocalActorRef> Refs
    {
        get
        {
            if (_byName is null)
            {
                return [];
            }

            lock (_lock)
            {
                return [.. _byName.Values.OfType<ChildRestartStats>().Select(stats => stats.Child)];
            }
        }
    }

    /// <summary>Takes a name; null asks for a generated one.</summary>
    internal string Reserve(string? name)
    {
        lock (_lock)
        {
            if (_isClosed || Reason == WaitReason.Termination)
            {
                throw new InvalidOperationException("Cannot create child while terminating or terminated");
            }

            name ??= ActorNames.Generate("$", _generatedNames++);
            if (!(_byName ??= []).TryAdd(name, null))
            {
                throw new InvalidActorNameException($"Actor name \"{name}\" is not unique!");
            }

            return name;
        }
    }

    internal void Unreserve(string name)
    {
        lock (_lock)
        {
            _byName!.Remove(name);
        }
    }

    internal void Add(LocalActorRef child)
    {
        lock (_lock)
        {
            _byName![child.Path.Name] = new ChildRestartStats(child);
        }
    }

    internal LocalActorRef? Find(string name)
    {
        if (_byName is null)
        {
            return null;
        }

        lock (_lock)
        {
            return _byName.TryGetValue(name, out var stats) ? stats?.Child : null;
        }
    }

    internal bool TryGet(IActorRef child, out ChildRestartStats stats)
    {
        stats = null!;
        if (_byName is null)
        {
            return false;
        }

        lock (_lock)
        {
            if (!_byName.TryGetValue(child.Path.Name, out var found) || found is null)
            {
                return false;
            }

            stats = found;
            return found.Child.Equals(child);
        }
    }

    internal void MarkDying(IActorRef child)
    {
        if (TryGet(child, out _))
        {
            lock (_lock)
            {
                (_dying ??= []).Add(child);
            }
        }
    }

    /// <summary>False where no child is dying, so that there is nothing to wait for.</summary>
    internal bool TryWaitFor(WaitReason reason, out bool alreadyTerminating)
    {
        alreadyTerminating = Reason == WaitReason.Termination;
        if (_dying is not { Count: > 0 })
        {
            return false;
        }

        lock (_lock)
        {
            Reason = reason;
            return true;
        }
    }

    /// <summary>Forgets a child that has ended. Answers what may now be done that waited for it.</summary>
    internal WaitReason Remove(IActorRef child)
    {
        lock (_lock)
        {
            _byName!.Remove(child.Path.Name);
            if (_dying is null || !_dying.Remove(child) || _dying.Count > 0)
            {
                return WaitReason.None;
            }

            var reason = Reason;
            Reason = WaitReason.None;
            return reason;
        }
    }

    /// <summary>No child from now on. (None itself stays open: its actor has gone over to NoneEver.)</summary>
    internal void Close()
    {
        if (ReferenceEquals(this, None))
        {
            return;
        }

        lock (_lock)
        {
            _isClosed = true;
        }
    }
}

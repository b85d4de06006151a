// Actors by path. A selection is a place, looked up anew for each message: whoever is there then gets it; nobody
// there makes it a dead letter. Names and ".." only; wildcards are not offered.
namespace Akka.Actor;

/// <summary>Whoever is at a place in the tree of actors.</summary>
public sealed class ActorSelection : ICanTell
{
    private readonly string[] _names;

    internal ActorSelection(IActorRef anchor, IEnumerable<string> names)
    {
        Anchor = anchor;
        _names = [.. names.Where(name => name.Length > 0)];
        if (_names.FirstOrDefault(name => name.AsSpan().ContainsAny('*', '?')) is { } pattern)
        {
            throw new IllegalActorNameException($"Wildcards are not offered: {pattern}");
        }
    }

    public ActorSelection(IActorRef anchor, string path)
        : this(anchor, path.Split('/'))
    {
    }

    /// <summary>Where the path begins.</summary>
    public IActorRef Anchor { get; }

    public string PathString => "/" + string.Join('/', _names);

    public void Tell(object message) => Tell(message, ActorRefs.NoSender);

    /// <summary>Sends to whoever is there now. Without a sender the running actor is the sender.</summary>
    public void Tell(object message, IActorRef? sender) => Find().Tell(message, sender ?? ActorCell.Current?.Self);

    /// <summary>The reference behind the place.</summary>
    /// <exception cref="ActorNotFoundException">Nobody answered from there within the time.</exception>
    public Task<IActorRef> ResolveOne(TimeSpan timeout) => ResolveOne(timeout, CancellationToken.None);

    public async Task<IActorRef> ResolveOne(TimeSpan timeout, CancellationToken ct)
    {
        try
        {
            var identity = await this.Ask<ActorIdentity>(new Identify(null), timeout, ct).ConfigureAwait(false);
            return identity.Subject ?? throw new ActorNotFoundException("subject was null");
        }
        catch (Exception cause)
        {
            throw new ActorNotFoundException("Exception occurred while resolving ActorSelection", cause);
        }
    }

    public override string ToString() =>
        $"ActorSelection[Anchor({Anchor.Path.ToStringWithUid()}), Path({PathString})]";

    private IActorRef Find()
    {
        var found = (IInternalActorRef)Anchor;
        foreach (var name in _names)
        {
            var next = name == ".." ? found.Parent : ChildOf(found, name);
            if (next is null)
            {
                return ((IInternalActorRef)Anchor).System is { } system
                    ? new EmptyLocalActorRef(system, Anchor.Path / _names)
                    : ActorRefs.Nobody;
            }

            found = next;
        }

        return found;
    }

    private static IInternalActorRef? ChildOf(IInternalActorRef parent, string name) => parent switch
    {
        LocalActorRef { Path.Depth: 0 } root when name == "deadLetters" => (IInternalActorRef)root.System.DeadLetters,
        LocalActorRef local => local.Cell.Child(name) as LocalActorRef,
        _ => null,
    };
}

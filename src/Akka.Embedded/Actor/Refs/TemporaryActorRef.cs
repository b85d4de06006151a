// A reference made for one exchange, without an actor. Most are never looked at, so the path is made late.
using Akka.Actor.Internal;

namespace Akka.Actor;

internal abstract class TemporaryActorRef(ActorSystemImpl system) : MinimalActorRef
{
    private ActorPath? _path;

    public sealed override ActorPath Path
    {
        get
        {
            if (_path is null)
            {
                Interlocked.CompareExchange(ref _path, OwnSystem.NextTemporaryPath(), null);
            }

            return _path;
        }
    }

    private protected sealed override ActorSystemImpl OwnSystem => system;
}

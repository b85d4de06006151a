using Akka.Actor;
using Akka.Event;

namespace DmIo.Actors;

/// <summary>Whoever needs a child that is never restarted, and a guardian.</summary>
/// <remarks><code>
///   Spawn ----> Spawned   in order; the name is free, which the sender sees to
/// </code></remarks>
internal static class GuardianProtocol
{
    /// <summary>Starts a child; without a name, the runtime makes one up. The token is returned untouched.</summary>
    internal sealed record Spawn(Props Props, string? Name, object Token) : INoSerializationVerificationNeeded;

    /// <summary>The child runs, or ran.</summary>
    internal sealed record Spawned(object Token, IActorRef Child)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}

using Akka.Actor;
using Akka.Event;
using DmIo.Pages;

namespace DmIo.Actors;

/// <summary>Supervisor and request actor: the end of a lease.</summary>
/// <remarks><code>
///   CloseLease ----> (stops)         the owner put it back: what was accepted runs to its end, what comes is refused
///   AbandonLease --> (stops)         the owner died: what waits is answered Stopped, what is in flight runs to its
/// end
///   (any stop) ----> LeaseReleased   exactly one, when no device has I/O of this lease any more
/// </code></remarks>
internal static class LeaseProtocol
{
    internal sealed record CloseLease : INoSerializationVerificationNeeded
    {
        internal static CloseLease Instance { get; } = new();
    }

    internal sealed record AbandonLease : INoSerializationVerificationNeeded
    {
        internal static AbandonLease Instance { get; } = new();
    }

    /// <summary>The pages may go back to the pool.</summary>
    internal sealed record LeaseReleased(LeaseId Lease)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}

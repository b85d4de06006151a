using Akka.Actor;
using Akka.Event;
using DmIo.Memory;

namespace DmIo.Actors.Protocol;

/// <summary>Supervisor and request actor: the credit of a lease whose devices keep pages, and its end.</summary>
/// <remarks><code>
///   CreditChanged -> CreditLent      none, or several in the course of time, as pages come back to the pool; never
///                                    more in all than are wanted
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

    /// <summary>From the request actor, when devices keep pages of answered requests, or of requests for slow devices,
    /// and when they do not any more. Not on the path of other requests.</summary>
    /// <param name="Lease">Whose pages.</param>
    /// <param name="Quarantined">Pages in quarantine now (R23).</param>
    /// <param name="Wanted">Pages that the lease wants lent now, in all.</param>
    /// <param name="Returned">Lent pages that it gives back.</param>
    internal sealed record CreditChanged(LeaseId Lease, int Quarantined, int Wanted, int Returned)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The pool lends so many pages more.</summary>
    internal sealed record CreditLent(int Pages) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The pages may go back to the pool.</summary>
    internal sealed record LeaseReleased(LeaseId Lease)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}

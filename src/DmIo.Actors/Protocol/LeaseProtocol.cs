using Akka.Actor;
using Akka.Event;
using DmIo.Memory;

namespace DmIo.Actors.Protocol;

/// <summary>Supervisor and request actor: the credit of a lease whose pages devices retain, and the end of the
/// lease.</summary>
/// <remarks><code>
///   CreditChanged -> CreditLent      none, or several over time, as pages return to the pool; never more in total
///                                    than wanted
///   CloseLease ----> (stops)         the owner put it back: accepted requests complete, new ones are refused
///   AbandonLease --> (stops)         the owner died: waiting requests end as Stopped, requests in flight complete
///   (any stop) ----> LeaseReleased   exactly one, when no device has I/O of this lease
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

    /// <summary>From the request actor, when devices start or stop retaining pages of answered requests, or of requests
    /// for slow devices. Other requests do not cause it.</summary>
    /// <param name="Lease">The lease.</param>
    /// <param name="Quarantined">Pages in quarantine now (R23).</param>
    /// <param name="Wanted">The total number of pages that the lease wants to borrow now.</param>
    /// <param name="Returned">Lent pages that the lease returns.</param>
    internal sealed record CreditChanged(LeaseId Lease, int Quarantined, int Wanted, int Returned)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The pool lends this number of additional pages.</summary>
    internal sealed record CreditLent(int Pages) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The pages may go back to the pool.</summary>
    internal sealed record LeaseReleased(LeaseId Lease)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}

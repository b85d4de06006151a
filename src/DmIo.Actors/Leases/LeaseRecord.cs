using Akka.Actor;
using DmIo.Actors.Telemetry;
using DmIo.Memory;

namespace DmIo.Actors.Leases;

/// <summary>
/// A lease as the supervisor knows it.
/// <code>
///   Open --Put, drain, owner's or request actor's death--> Ending --LeaseReleased--> (removed)
/// </code>
/// </summary>
internal sealed class LeaseRecord(PageLease lease, IActorRef owner, IActorRef requests, LeaseCounters counters)
{
    internal LeaseCounters Counters { get; } = counters;

    internal PageLease Lease { get; } = lease;

    internal IActorRef Owner { get; } = owner;

    /// <summary>Its request actor.</summary>
    internal IActorRef Requests { get; } = requests;

    /// <summary>Pages that it wants lent, in all.</summary>
    internal int Wanted { get; set; }

    /// <summary>Its pages are draining.</summary>
    internal bool IsEnding { get; set; }

    /// <summary>Who waits for PutDone.</summary>
    internal IActorRef? PutReplyTo { get; set; }
}

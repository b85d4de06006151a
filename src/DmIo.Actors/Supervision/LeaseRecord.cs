using Akka.Actor;
using DmIo.Pages;

namespace DmIo.Actors;

/// <summary>
/// A lease as the supervisor knows it.
/// <code>
///   Opening --Spawned--> Open --Put, owner's or request actor's death--> Ending --LeaseReleased--> (removed)
///      +------owner's death, drain-------------------------------------^
/// </code>
/// </summary>
internal sealed class LeaseRecord(PageLease lease, IActorRef owner, IActorRef replyTo, LeaseCounters counters)
{
    internal LeaseCounters Counters { get; } = counters;

    internal PageLease Lease { get; } = lease;

    internal IActorRef Owner { get; } = owner;

    /// <summary>Who asked for it.</summary>
    internal IActorRef ReplyTo { get; } = replyTo;

    /// <summary>Its request actor; null while it is opening.</summary>
    internal IActorRef? Requests { get; set; }

    /// <summary>Its pages are draining.</summary>
    internal bool IsEnding { get; set; }

    /// <summary>Why it ends, for the request actor as soon as it is there; null where that died by itself.</summary>
    internal object? End { get; set; }

    /// <summary>Who waits for PutDone.</summary>
    internal IActorRef? PutReplyTo { get; set; }
}

using Akka.Actor;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Parallel;

/// <summary>A lease of the load, and how it ended.</summary>
internal sealed class LoadLease(int number, IActorRef owner, Granted granted)
{
    /// <summary>Identifies the lease in the data that it writes.</summary>
    public int Number { get; } = number;

    public IActorRef Owner { get; } = owner;

    public Granted Granted { get; } = granted;

    public int Pages => Granted.Lease.Count;

    /// <summary>The lease was put, or its owner or request actor died.</summary>
    public bool HasEnded { get; set; }

    /// <summary>The owner or the request actor died, so requests may end as Stopped.</summary>
    public bool WasKilled { get; set; }

    /// <summary>The number of requests so far.</summary>
    public long Requests { get; set; }
}

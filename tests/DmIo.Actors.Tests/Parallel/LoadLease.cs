using Akka.Actor;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Parallel;

/// <summary>A lease of the load, and how it ended, if it did.</summary>
internal sealed class LoadLease(int number, IActorRef owner, Granted granted)
{
    /// <summary>Names it in what it writes.</summary>
    public int Number { get; } = number;

    public IActorRef Owner { get; } = owner;

    public Granted Granted { get; } = granted;

    public int Pages => Granted.Lease.Count;

    /// <summary>It was put, or somebody died.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Somebody died, so its requests may end as Stopped.</summary>
    public bool WasCut { get; set; }

    /// <summary>Its requests so far.</summary>
    public long Requests { get; set; }
}

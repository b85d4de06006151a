using Akka.Actor;
using DmIo.Memory;

namespace DmIo.Actors.Requests;

/// <summary>Whose requests these are, as devices see it.</summary>
/// <param name="Requests">The request actor, to whom devices answer.</param>
/// <param name="Lease">Its lease: leases share a device.</param>
/// <param name="Weight">The lease's share, 1 to 10000.</param>
internal readonly record struct RequestOwner(IActorRef Requests, LeaseId Lease, int Weight);

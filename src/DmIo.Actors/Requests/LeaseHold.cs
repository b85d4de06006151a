using Akka.Actor;
using DmIo.Memory;
using static DmIo.Actors.Protocol.LeaseProtocol;

namespace DmIo.Actors.Requests;

/// <summary>
/// What keeps a lease's pages from the pool after its request actor stopped: one count for the actor itself, as
/// dm-io's extra reference, and one for each I/O that it left at a device. Who takes the last one tells the
/// supervisor.
/// </summary>
internal sealed class LeaseHold(LeaseId lease, IActorRef supervisor)
{
    private int count = 1;

    /// <summary>Only by the request actor, while it holds its own count.</summary>
    internal void Add() => Interlocked.Increment(ref count);

    /// <summary>From any thread, once for each count.</summary>
    internal void Release()
    {
        var left = Interlocked.Decrement(ref count);
        Invariant.Require(left >= 0);
        if (left == 0)
        {
            supervisor.Tell(new LeaseReleased(lease), ActorRefs.NoSender);
        }
    }
}

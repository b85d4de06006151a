using Akka.Actor;
using DmIo.Memory;
using static DmIo.Actors.Protocol.LeaseProtocol;

namespace DmIo.Actors.Requests;

/// <summary>
/// What keeps a lease's pages from the pool after its request actor stopped: one count for the actor itself, as
/// dm-io's extra reference, and one for each I/O that it left at a device. Who takes the last one tells the
/// supervisor.
/// </summary>
internal sealed class LeasePin(LeaseId lease, IActorRef supervisor)
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

/// <summary>What a lease may do.</summary>
/// <param name="Weight">Its share of a device, 1 to 10000.</param>
/// <param name="MaxWaiting">How many requests may wait for its credit. A message beyond it is refused, so that memory
/// does not grow with what is asked for; the calls of a client wait, each with its caller.</param>
internal readonly record struct LeaseTerms(int Weight, int MaxWaiting)
{
    /// <summary>Every lease may have that many waiting, however small it is.</summary>
    internal const int LeastWaiting = 1024;
}

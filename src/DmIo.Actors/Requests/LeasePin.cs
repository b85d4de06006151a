using Akka.Actor;
using DmIo.Memory;
using static DmIo.Actors.Protocol.LeaseProtocol;

namespace DmIo.Actors.Requests;

/// <summary>
/// Keeps a lease's pages from the pool after its request actor has stopped: one count for the actor itself (Linux
/// dm-io: the extra reference), and one for each I/O still at a device. The release of the last count sends
/// LeaseReleased to the supervisor.
/// </summary>
internal sealed class LeasePin(LeaseId lease, IActorRef supervisor)
{
    private int count = 1;

    /// <summary>Called only by the request actor, while it holds its own count.</summary>
    internal void Add() => Interlocked.Increment(ref count);

    /// <summary>Any thread, once for each count.</summary>
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

/// <summary>The limits of a lease.</summary>
/// <param name="Weight">The weight, 1 to 10000.</param>
/// <param name="MaxWaiting">The limit of messages that wait for credit. Further messages are refused, to bound memory;
/// the calls of a client wait without a limit, each with its caller.</param>
internal readonly record struct LeaseLimits(int Weight, int MaxWaiting)
{
    /// <summary>The minimum of <see cref="MaxWaiting"/>, for small leases.</summary>
    internal const int MinWaiting = 1024;
}

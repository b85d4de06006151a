using Akka.Actor;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Actors;

/// <summary>Sends what the writer of a volume asks of its voters. Used on the volume's turn.</summary>
internal static class VoterRequests
{
    /// <summary>Sends every request that waits for a reply; a request that is sent again is answered again.</summary>
    internal static void Send(VolumeDevice volume)
    {
        for (var member = 0; member < MemberSet.Capacity; member++)
        {
            Send(volume, member, ReplicaActor.Lane.Vote, volume.Writer.VoteRequestTo(member));
            Send(volume, member, ReplicaActor.Lane.Leg, volume.Writer.LegRequestTo(member));
            Send(volume, member, ReplicaActor.Lane.Lease, volume.Writer.LeaseRequestTo(member));
        }
    }

    /// <summary>Sends a request about the lease to every voter; null: none.</summary>
    internal static void SendLease(VolumeDevice volume, VoterRequest? request)
    {
        for (var member = 0; member < MemberSet.Capacity; member++)
        {
            Send(volume, member, ReplicaActor.Lane.Lease, request);
        }
    }

    private static void Send(VolumeDevice volume, int member, ReplicaActor.Lane lane, VoterRequest? request)
    {
        if (request is not null)
        {
            var ask = new ReplicaActor.Ask(lane, request);
            volume.Owner.Tell(new VolumeActor.Forward(member, ask), ActorRefs.NoSender);
        }
    }
}

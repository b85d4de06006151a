using Akka.Actor;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Pages;
using static DmIo.Actors.IoProtocol;

namespace DmIo.Actors.Tests.Fixtures;

/// <summary>Requests and device I/Os without an actor in front of them.</summary>
internal static class TestRequests
{
    internal static RequestState State(IoRequest request, params IoRegion[] regions) =>
        new RequestState().Begin(request, regions, ActorRefs.Nobody, Owner(ActorRefs.Nobody));

    /// <summary>One region of a request, not sent anywhere.</summary>
    internal static DeviceIo Io(
        IoOperation operation,
        IoRegion region,
        IoMemory? memory = null,
        bool forceUnitAccess = false,
        IActorRef? replyTo = null,
        LeaseId lease = default,
        int weight = LeaseWeight.Default,
        IoPriority priority = IoPriority.BestEffort,
        WriteEdges edges = default)
    {
        var request = new IoRequest
        {
            Operation = operation,
            Regions = [],
            Memory = memory,
            ForceUnitAccess = forceUnitAccess,
            Priority = priority,
            Edges = edges,
        };
        var owner = new RequestOwner(replyTo ?? ActorRefs.Nobody, lease, weight);
        return new RequestState().Begin(request, [region], ActorRefs.Nobody, owner)[0]!;
    }

    private static RequestOwner Owner(IActorRef requests) => new(requests, default, LeaseWeight.Default);
}

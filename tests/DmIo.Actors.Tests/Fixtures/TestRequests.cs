using Akka.Actor;
using DmIo.Actors.Devices;
using DmIo.Actors.Protocol;
using DmIo.Actors.Requests;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Telemetry;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Tests.Fixtures;

/// <summary>Requests and device I/Os for tests without actors.</summary>
internal static class TestRequests
{
    internal static RequestState State(IoRequest request, params IoRegion[] regions) =>
        new RequestState().Begin(request, regions, ActorRefs.Nobody, Owner(ActorRefs.Nobody));

    /// <summary>One region of a request that is not sent.</summary>
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

    /// <summary>A device without an actor. It is slow if its oldest operation is older than a second.</summary>
    /// <param name="name">The name of the device.</param>
    /// <param name="since">When its oldest operation was issued; null: none is in flight.</param>
    internal static DeviceEntry Device(string name, TimeSpan? since = null)
    {
        var counters = new DeviceCounters(
            name, ServiceMode.Threads, SchedulingPolicy.Fair, clock: null!); // for ages, which nothing here asks for
        if (since is { } time)
        {
            counters.TurnBegins(time);
        }

        return new DeviceEntry(
            counters,
            ActorRefs.Nobody,
            new DeviceDescription { Backend = "none", Capacity = ByteSize.FromSectors(1024) },
            slowAfter: TimeSpan.FromSeconds(1));
    }

    private static RequestOwner Owner(IActorRef requests) => new(requests, default, LeaseWeight.Default);
}

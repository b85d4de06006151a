using DmIo.Io;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Simulation;

/// <summary>Finds the traits of a request, for the coverage.</summary>
internal static class RequestTraits
{
    private const int SectorsPerPage = 8;

    internal static void Note(Oracle oracle, SimulatedRequest request)
    {
        if (request.IsBad)
        {
            return;
        }

        var message = request.Message;
        oracle.Cover(message.Operation);
        oracle.Cover(message.Priority);
        if (request.Memory is { } memory)
        {
            oracle.Cover(memory.Kind);
        }

        if (message.Operation == IoOperation.WriteZeroes)
        {
            oracle.Cover(message.Zeroing);
        }

        foreach (var trait in Enum.GetValues<RequestTrait>().Where(trait => Has(oracle, request, message, trait)))
        {
            oracle.Cover(trait);
        }
    }

    private static bool Has(Oracle oracle, SimulatedRequest request, IoRequest message, RequestTrait trait) =>
        trait switch
        {
            RequestTrait.ForceUnitAccess => message.ForceUnitAccess,
            RequestTrait.Deadline => message.Deadline is not null,
            RequestTrait.EmptyRegion => message.Regions.Any(region => region.Count.Value == 0),
            RequestTrait.ManyRegions => message.Regions.Count == ErrorBits.Capacity,
            RequestTrait.SeveralDevices => message.Regions.Select(region => region.Device).Distinct().Count() > 1,
            RequestTrait.NoSuchDevice => message.Regions.Any(region => oracle.TryFind(region.Device) is null),
            RequestTrait.BeyondTheEnd => message.Regions.Any(region => oracle.TryFind(region.Device) is { } device
                && region.Start.Value + region.Count.Value > device.SectorCount),
            RequestTrait.LargerThanItsLease => message.Memory is not null
                && message.Regions.Max(region => region.Count.Value) > request.Lease.Pages * SectorsPerPage,
            RequestTrait.OverlapsAnother => oracle.Outstanding.Any(other => Overlap(message, other)),
            RequestTrait.OverlapsItsOwnLease => request.Lease.Outstanding.Exists(other => Overlap(message, other)),
            RequestTrait.HeadEdge => message.Edges is { HeadBytes: > 0, TailBytes: 0 },
            RequestTrait.TailEdge => message.Edges is { HeadBytes: 0, TailBytes: > 0 },
            RequestTrait.BothEdges => message.Edges is { HeadBytes: > 0, TailBytes: > 0 },
            RequestTrait.EdgeOfWholeSectors => message.Edges.HeadBytes >= Sector.SizeBytes,
            _ => request.IsOnLeasePages,
        };

    internal static bool Overlap(IoRequest message, SimulatedRequest other) => !other.IsBad
        && message.Regions.Any(region => other.Message.Regions.Any(theirs => theirs.Overlaps(region)));
}

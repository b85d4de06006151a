using DmIo.Io;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Simulation;

/// <summary>What there is to see of a request that is about to be sent.</summary>
internal static class RequestSights
{
    private const int SectorsPerPage = 8;

    internal static void Note(Oracle oracle, SimulatedRequest request)
    {
        if (request.IsBad)
        {
            return;
        }

        var message = request.Message;
        oracle.Saw(message.Operation);
        oracle.Saw(message.Priority);
        if (request.Memory is { } memory)
        {
            oracle.Saw(memory.Kind);
        }

        if (message.Operation == IoOperation.WriteZeroes)
        {
            oracle.Saw(message.Zeroing);
        }

        foreach (var trait in Enum.GetValues<RequestTrait>().Where(trait => Has(oracle, request, message, trait)))
        {
            oracle.Saw(trait);
        }
    }

    private static bool Has(Oracle oracle, SimulatedRequest request, IoRequest message, RequestTrait trait) =>
        trait switch
        {
            RequestTrait.ForceUnitAccess => message.ForceUnitAccess,
            RequestTrait.Deadline => message.Deadline is not null,
            RequestTrait.NothingInARegion => message.Regions.Any(region => region.Count.Value == 0),
            RequestTrait.ManyRegions => message.Regions.Count == ErrorBits.Capacity,
            RequestTrait.SeveralDevices => message.Regions.Select(region => region.Device).Distinct().Count() > 1,
            RequestTrait.NoSuchDevice => message.Regions.Any(region => oracle.TryFind(region.Device) is null),
            RequestTrait.BeyondTheEnd => message.Regions.Any(region => oracle.TryFind(region.Device) is { } device
                && region.Start.Value + region.Count.Value > device.SectorCount),
            RequestTrait.LargerThanItsLease => message.Memory is not null
                && message.Regions.Max(region => region.Count.Value) > request.Lease.Pages * SectorsPerPage,
            RequestTrait.MeetsAnother => oracle.Outstanding.Any(other => Meet(message, other)),
            RequestTrait.MeetsItsOwnLeases => request.Lease.Outstanding.Exists(other => Meet(message, other)),
            RequestTrait.KeepsItsHead => message.Edges is { HeadBytes: > 0, TailBytes: 0 },
            RequestTrait.KeepsItsTail => message.Edges is { HeadBytes: 0, TailBytes: > 0 },
            RequestTrait.KeepsBoth => message.Edges is { HeadBytes: > 0, TailBytes: > 0 },
            RequestTrait.KeepsWholeBlocks => message.Edges.HeadBytes >= Sector.SizeBytes,
            _ => request.IsOnLeasePages,
        };

    internal static bool Meet(IoRequest message, SimulatedRequest other) => !other.IsBad
        && message.Regions.Any(region => other.Message.Regions.Any(theirs => theirs.Overlaps(region)));
}

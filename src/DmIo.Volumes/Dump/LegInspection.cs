using DmIo.Actors.Client;
using DmIo.Io;
using DmIo.Volumes.Actors;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Dump;

/// <summary>The metadata of a leg or witness, which is only read. A block that cannot be read counts as a bad
/// one.</summary>
internal sealed class LegInspection
{
    private LegInspection(string device, SuperblockReading reading) => (Device, Reading) = (device, reading);

    /// <summary>The name of the device in the service.</summary>
    public string Device { get; }

    /// <summary>The four copies of the superblock.</summary>
    public SuperblockReading Reading { get; }

    /// <summary>The missed maps of the legs, by their member; empty for a witness and without a superblock.</summary>
    public SortedDictionary<byte, RegionSet> Missed { get; } = [];

    /// <summary>The metadata as names and texts.</summary>
    public LegDump Dump { get; private set; } = null!;

    /// <summary>Reads the superblock and the maps of a device.</summary>
    /// <param name="client">A client of the service, with 2 pages or more.</param>
    /// <param name="device">The name of the device in the service.</param>
    /// <param name="capacity">The capacity of the device.</param>
    public static async Task<LegInspection> ReadAsync(IoClient client, string device, ByteSize capacity)
    {
        var found = new LegInspection(
            device, await LegStore.ReadSuperblockAsync(client, device, capacity).ConfigureAwait(false));
        List<MapDump> maps = [];
        if (found.Reading.Superblock is { State: not LegState.None } superblock)
        {
            maps.Add(await found.ReadActiveAsync(client, superblock).ConfigureAwait(false));
            foreach (var member in superblock.Accepted?.Configuration.Legs ?? MemberSet.None)
            {
                maps.Add(await found.ReadMissedAsync(client, superblock, (byte)member).ConfigureAwait(false));
            }
        }

        found.Dump = LegDump.Of(found.Reading, maps);
        return found;
    }

    private async Task<MapDump> ReadActiveAsync(IoClient client, Superblock superblock)
    {
        var geometry = superblock.Geometry;
        var (map, extents) = (new ActiveMap(geometry, superblock.Leg), new RegionSet());
        for (var page = 0L; page < geometry.ActivePages; page++)
        {
            var first = await ReadAsync(client, geometry.ActivePageAt(page, 0)).ConfigureAwait(false);
            var second = await ReadAsync(client, geometry.ActivePageAt(page, 1)).ConfigureAwait(false);
            map.Load(page, first, second, extents);
        }

        return MapDump.Of(map, extents);
    }

    private async Task<MapDump> ReadMissedAsync(IoClient client, Superblock superblock, byte member)
    {
        var geometry = superblock.Geometry;
        var (map, regions) = (new MissedMap(geometry, superblock.Leg, member), new RegionSet());
        for (var page = 0L; page < geometry.MissedPages; page++)
        {
            map.Load(page, await ReadAsync(client, geometry.MissedPageAt(member, page)).ConfigureAwait(false), regions);
        }

        Missed[member] = regions;
        return MapDump.Of(map, regions);
    }

    private async Task<byte[]> ReadAsync(IoClient client, Sector at) =>
        await LegStore.TryReadAsync(client, Device, at.Value).ConfigureAwait(false) ?? [];
}

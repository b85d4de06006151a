using DmIo.Actors.Client;
using DmIo.Volumes.Actors;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Dump;

/// <summary>The metadata of a leg or witness, which is only read. A block that cannot be read counts as a bad
/// one.</summary>
internal sealed class LegInspection
{
    private LegInspection(LegDevices devices, SuperblockReading reading) => (Devices, Reading) = (devices, reading);

    /// <summary>The devices in the service.</summary>
    public LegDevices Devices { get; }

    /// <summary>The name of the device with the data.</summary>
    public string Device => Devices.Data;

    /// <summary>The four copies of the superblock, which must belong to the devices.</summary>
    public SuperblockReading Reading { get; }

    /// <summary>The missed maps of the legs, by their member; empty for a witness and without a superblock.</summary>
    public SortedDictionary<byte, RegionSet> Missed { get; } = [];

    /// <summary>The metadata as names and texts, also if it belongs to other devices.</summary>
    public LegDump Dump { get; private set; } = null!;

    /// <summary>Reads the superblock and the maps of a leg or witness.</summary>
    /// <param name="client">A client of the service, with 2 pages or more.</param>
    /// <param name="devices">Its devices.</param>
    /// <param name="attached">The attached devices.</param>
    /// <param name="acceptsOtherData">External metadata may belong to other data.</param>
    public static async Task<LegInspection> ReadAsync(
        IoClient client, LegDevices devices, AttachedDevices attached, bool acceptsOtherData = false)
    {
        var capacity = attached[devices.MetadataDevice].Capacity;
        var copies = await LegStore.ReadCopiesAsync(client, devices.MetadataDevice, capacity).ConfigureAwait(false);
        var found = new LegInspection(
            devices, copies.RequireDevices(devices, acceptsOtherData ? null : attached[devices.Data]));
        List<MapDump> maps = [];
        if (copies.Superblock is { State: not LegState.None } superblock)
        {
            var reader = new MapReader(client, devices.MetadataDevice, superblock.Geometry, skipsUnreadable: true);
            var (active, extents) = (new ActiveMap(superblock.Geometry, superblock.Leg), new RegionSet());
            await reader.LoadAsync(active, extents).ConfigureAwait(false);
            maps.Add(MapDump.Of(active, extents));
            foreach (var member in superblock.Accepted?.Configuration.Legs ?? MemberSet.None)
            {
                var regions = found.Missed[(byte)member] = new RegionSet();
                var missed = new MissedMap(superblock.Geometry, superblock.Leg, (byte)member);
                await reader.LoadAsync(missed, regions).ConfigureAwait(false);
                maps.Add(MapDump.Of(missed, regions));
            }
        }

        found.Dump = LegDump.Of(copies, maps);
        return found;
    }
}

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
            var reader = new MapReader(client, device, superblock.Geometry, skipsUnreadable: true);
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

        found.Dump = LegDump.Of(found.Reading, maps);
        return found;
    }
}

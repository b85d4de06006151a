using DmIo.Actors.Client;
using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Actors;

/// <summary>Reads the maps of a leg, up to 1 MiB at a time.</summary>
/// <param name="client">A client of the service.</param>
/// <param name="device">The name of the leg's device in the service.</param>
/// <param name="geometry">Where the maps are.</param>
/// <param name="skipsUnreadable">A block that cannot be read counts as a bad one. False: it is an error.</param>
internal sealed class MapReader(IoClient client, string device, LegGeometry geometry, bool skipsUnreadable)
{
    private const int BlocksAtOnce = (1 << 20) / LegGeometry.BlockBytes;

    /// <summary>Ends when the device does not access the memory of the last read any more.</summary>
    internal Task Released { get; private set; } = Task.CompletedTask;

    /// <summary>Reads the active map.</summary>
    /// <param name="map">The map.</param>
    /// <param name="extents">Gets the extents.</param>
    /// <exception cref="VolumeException">A block cannot be read.</exception>
    internal Task LoadAsync(ActiveMap map, RegionSet extents) => LoadAsync(
        geometry.ActivePageAt(0, 0),
        geometry.ActivePages,
        LegGeometry.ActiveSlots,
        (page, blocks, at) => map.Load(page, blocks[at], blocks[at + 1], extents));

    /// <summary>Reads a missed map.</summary>
    /// <param name="map">The map.</param>
    /// <param name="regions">Gets the regions.</param>
    /// <exception cref="VolumeException">A block cannot be read.</exception>
    internal Task LoadAsync(MissedMap map, RegionSet regions) => LoadAsync(
        geometry.MissedPageAt(map.Member, 0),
        geometry.MissedPages,
        blocksPerPage: 1,
        (page, blocks, at) => map.Load(page, blocks[at], regions));

    private async Task LoadAsync(Sector start, long pages, int blocksPerPage, Action<long, byte[][], int> load)
    {
        var atOnce = BlocksAtOnce / blocksPerPage;
        for (var first = 0L; first < pages; first += atOnce)
        {
            var count = (int)Math.Min(atOnce, pages - first);
            var at = start.Value + (first * blocksPerPage * LegGeometry.BlockBytes / Sector.SizeBytes);
            var blocks = await ReadAsync(at, count * blocksPerPage).ConfigureAwait(false);
            for (var i = 0; i < count; i++)
            {
                load(first + i, blocks, i * blocksPerPage);
            }
        }
    }

    private async Task<byte[][]> ReadAsync(long sector, int count)
    {
        var bytes = new byte[count * LegGeometry.BlockBytes];
        var result = await client.ReadAsync(new IoRegion(device, sector, bytes.Length / Sector.SizeBytes), bytes)
            .ConfigureAwait(false);
        Released = result.Released;
        if (result.IsOk)
        {
            return [.. bytes.Chunk(LegGeometry.BlockBytes)];
        }

        if (!skipsUnreadable)
        {
            throw new VolumeException($"The maps of '{device}' cannot be read at sector {sector}: {result[0]}");
        }

        var blocks = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            var at = sector + ((long)i * LegGeometry.BlockBytes / Sector.SizeBytes);
            blocks[i] = await LegStore.TryReadAsync(client, device, at).ConfigureAwait(false) ?? [];
        }

        return blocks;
    }
}

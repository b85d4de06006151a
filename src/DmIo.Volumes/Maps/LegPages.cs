using DmIo.Io;
using DmIo.Volumes.Record;

namespace DmIo.Volumes.Maps;

/// <summary>
/// The pages of all maps of one leg, as its writer reads and writes them: which pages to write for a change, and where
/// they belong. Pure: the caller reads and writes the blocks. Not thread-safe.
/// </summary>
internal sealed class LegPages
{
    private readonly LegGeometry geometry;
    private readonly ActiveMap active;
    private readonly MissedMap[] missed = new MissedMap[VolumeConfiguration.MaxLegs];

    // What the missed maps on the leg hold, once all writes that were encoded have ended.
    private readonly RegionSet[] stored = new RegionSet[VolumeConfiguration.MaxLegs];

    // The pages of missed maps that are not known to be durable: they are written again.
    private readonly List<(byte Member, long Page)> unfinished = [];

    /// <summary>The pages of a leg, none of which was ever written.</summary>
    public LegPages(LegGeometry geometry, Guid leg)
    {
        this.geometry = geometry;
        active = new ActiveMap(geometry, leg);
        for (var i = 0; i < missed.Length; i++)
        {
            missed[i] = new MissedMap(geometry, leg, (byte)i);
            stored[i] = new RegionSet();
        }
    }

    /// <summary>The active map.</summary>
    public ActiveMap Active => active;

    /// <summary>The missed map of a member.</summary>
    public MissedMap MissedOf(byte member) => missed[member];

    /// <summary>The missed map of a member is read from now on.</summary>
    /// <returns>Gets its regions.</returns>
    public RegionSet BeginMissed(byte member)
    {
        stored[member].Clear();
        unfinished.RemoveAll(one => one.Member == member);
        return stored[member];
    }

    /// <summary>Copies of the missed maps, by member.</summary>
    public RegionSet[] CopyMissed() => [.. stored.Select(regions => new RegionSet(regions))];

    /// <summary>The pages of the active map that hold extents, with the bits of a set.</summary>
    public List<MapWrite> EncodeActive(RegionSet extents, RegionSet bits)
    {
        var writes = new List<MapWrite>();
        for (var page = extents.NextPage(0); page >= 0; page = extents.NextPage(page + 1))
        {
            var block = new byte[LegGeometry.BlockBytes];
            writes.Add(new MapWrite(active.Encode(page, bits, block), block));
        }

        return writes;
    }

    /// <summary>The pages of the missed map of a member that differ from what is durable on the leg: also those that an
    /// earlier write, which has not ended, makes equal.</summary>
    public void EncodeMissed(byte member, RegionSet regions, List<MapWrite> writes)
    {
        var before = stored[member];
        if (before.SetEquals(regions) && !unfinished.Exists(one => one.Member == member))
        {
            return;
        }

        var (old, bits) = (new ulong[RegionSet.PageWords], new ulong[RegionSet.PageWords]);
        for (var page = 0L; page < geometry.MissedPages; page++)
        {
            before.CopyPage(page, old);
            regions.CopyPage(page, bits);
            if (!old.AsSpan().SequenceEqual(bits) || unfinished.Contains((member, page)))
            {
                var block = new byte[LegGeometry.BlockBytes];
                writes.Add(new MapWrite(missed[member].Encode(page, regions, block), block, (member, page)));
                unfinished.Add((member, page));
            }
        }

        before.Clear();
        before.UnionWith(regions);
    }

    /// <summary>A page is durable. The writes of one page end in the order in which they were encoded.</summary>
    public void Written(MapWrite write)
    {
        if (write.Missed is { } page)
        {
            unfinished.Remove(page);
        }
    }

    /// <summary>All pages of a new leg, without a bit, in the order of their positions, without a gap.</summary>
    public IEnumerable<MapWrite> EncodeEmpty()
    {
        var none = new RegionSet();
        for (var page = 0L; page < geometry.ActivePages; page++)
        {
            for (var slot = 0; slot < LegGeometry.ActiveSlots; slot++)
            {
                var block = new byte[LegGeometry.BlockBytes];
                yield return new MapWrite(active.Encode(page, none, block), block);
            }
        }

        for (var member = 0; member < missed.Length; member++)
        {
            for (var page = 0L; page < geometry.MissedPages; page++)
            {
                var block = new byte[LegGeometry.BlockBytes];
                yield return new MapWrite(missed[member].Encode(page, none, block), block);
            }
        }
    }
}

/// <summary>A block of a map and where it belongs.</summary>
/// <param name="Start">Its first sector.</param>
/// <param name="Block">4096 bytes.</param>
/// <param name="Missed">The page of a missed map that changes; null: it is of an active map, or of a new leg.</param>
internal readonly record struct MapWrite(Sector Start, byte[] Block, (byte Member, long Page)? Missed = null);

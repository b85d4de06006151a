using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Record;

namespace DmIo.Volumes.Tests.Maps;

/// <summary>The blocks of a leg with maps, in memory.</summary>
internal sealed class MapImage
{
    private readonly Dictionary<Sector, byte[]> blocks;

    public MapImage(LegGeometry geometry)
    {
        Geometry = geometry;
        blocks = [];
    }

    private MapImage(MapImage other)
    {
        Geometry = other.Geometry;
        blocks = new(other.blocks);
    }

    public static Guid Leg { get; } = Samples.Id(0x20);

    public LegGeometry Geometry { get; }

    public MapImage Copy() => new(this);

    /// <summary>The block at a position; empty: never written.</summary>
    public byte[] At(Sector position) => blocks.GetValueOrDefault(position, []);

    public void Put(Sector position, byte[] block) => blocks[position] = block;

    /// <summary>Some of the sectors of 512 bytes of a write reach the device.</summary>
    public void PutTorn(Sector position, byte[] block, int sectors)
    {
        byte[] torn = At(position) is { Length: > 0 } before ? [.. before] : new byte[LegGeometry.BlockBytes];
        for (var sector = 0; sector < 8; sector++)
        {
            if ((sectors & (1 << sector)) != 0)
            {
                block.AsSpan(sector * 512, 512).CopyTo(torn.AsSpan(sector * 512));
            }
        }

        Put(position, torn);
    }

    public void Rot(Sector position)
    {
        byte[] rotten = [.. At(position)];
        rotten[2000] ^= 1;
        Put(position, rotten);
    }

    /// <summary>Writes both slots of all pages.</summary>
    public ActiveMap CreateActive()
    {
        var map = new ActiveMap(Geometry, Leg);
        for (var page = 0L; page < Geometry.ActivePages; page++)
        {
            Write(map, page, new RegionSet());
            Write(map, page, new RegionSet());
        }

        return map;
    }

    public void Write(ActiveMap map, long page, RegionSet extents)
    {
        var block = new byte[LegGeometry.BlockBytes];
        Put(map.Encode(page, extents, block), block);
    }

    public void Write(MissedMap map, long page, RegionSet regions)
    {
        var block = new byte[LegGeometry.BlockBytes];
        Put(map.Encode(page, regions, block), block);
    }

    public (ActiveMap Map, RegionSet Extents) LoadActive(Guid? leg = null)
    {
        var (map, extents) = (new ActiveMap(Geometry, leg ?? Leg), new RegionSet());
        for (var page = 0L; page < Geometry.ActivePages; page++)
        {
            map.Load(page, At(Geometry.ActivePageAt(page, 0)), At(Geometry.ActivePageAt(page, 1)), extents);
        }

        return (map, extents);
    }

    public (MissedMap Map, RegionSet Regions) LoadMissed(byte member)
    {
        var (map, regions) = (new MissedMap(Geometry, Leg, member), new RegionSet());
        for (var page = 0L; page < Geometry.MissedPages; page++)
        {
            map.Load(page, At(Geometry.MissedPageAt(member, page)), regions);
        }

        return (map, regions);
    }
}

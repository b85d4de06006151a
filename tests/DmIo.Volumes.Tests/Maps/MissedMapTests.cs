using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Maps;

public sealed class MissedMapTests
{
    private const int Page = RegionSet.PageBits;

    /// <summary>Two pages; the last one has 64 bits.</summary>
    private static readonly LegGeometry Geometry = LegGeometry.For(
        MetadataPlacement.Internal, ByteSize.FromKiB(64L * (Page + 64)));

    [Fact]
    public void Each_member_has_a_map_of_its_own()
    {
        var image = new MapImage(Geometry);
        var written = new RegionSet[VolumeConfiguration.MaxLegs];
        for (byte member = 0; member < VolumeConfiguration.MaxLegs; member++)
        {
            written[member] = new RegionSet();
            written[member].SetRange(new RegionRange(Page - member, 2 * member));
            Write(image, new MissedMap(Geometry, MapImage.Leg, member), written[member]);
        }

        for (byte member = 0; member < VolumeConfiguration.MaxLegs; member++)
        {
            var (map, regions) = image.LoadMissed(member);
            Assert.Empty(map.Faults);
            Assert.Equal(member, map.Member);
            Assert.True(regions.SetEquals(written[member]));
        }
    }

    [Fact]
    public void A_bad_page_has_all_bits_set()
    {
        var image = new MapImage(Geometry);
        Write(image, new MissedMap(Geometry, MapImage.Leg, 2), new RegionSet());
        image.Rot(Geometry.MissedPageAt(2, 1));

        var (map, regions) = image.LoadMissed(2);

        Assert.Equal([new RegionRange(Page, 64)], regions.Ranges());
        Assert.Equal([new MapFault(1, "has a wrong checksum")], map.Faults);
        Assert.Equal(Geometry.Regions, image.LoadMissed(3).Regions.Count);
    }

    [Fact]
    public void A_crash_at_a_write_keeps_every_region_that_was_durable()
    {
        var image = new MapImage(Geometry);
        var map = new MissedMap(Geometry, MapImage.Leg, 2);
        Write(image, map, new RegionSet());
        var (written, durable) = (new RegionSet(), new RegionSet());
        for (var region = 3L; region < Page; region += 5000)
        {
            written.Set(region);
            var block = new byte[LegGeometry.BlockBytes];
            var position = map.Encode(0, written, block);
            for (var sectors = 0; sectors < 256; sectors++)
            {
                var crashed = image.Copy();
                crashed.PutTorn(position, block, sectors);
                var lost = new RegionSet(durable);
                lost.ExceptWith(crashed.LoadMissed(2).Regions);
                Assert.True(lost.IsEmpty, $"lost: {lost}");
            }

            image.Put(position, block);
            durable.UnionWith(written);
            Assert.True(image.LoadMissed(2).Regions.SetEquals(durable));
        }
    }

    private static void Write(MapImage image, MissedMap map, RegionSet regions)
    {
        for (var page = 0L; page < Geometry.MissedPages; page++)
        {
            image.Write(map, page, regions);
        }
    }
}

using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Tests.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Maps;

public sealed class ActiveMapTests
{
    private const int Page = RegionSet.PageBits;

    /// <summary>Three pages; the last one has 100 bits.</summary>
    private static readonly LegGeometry Geometry = LegGeometry.For(
        MetadataPlacement.Internal, ByteSize.FromMiB(4L * ((2 * Page) + 100)));

    [Fact]
    public void The_newer_slot_has_the_extents()
    {
        var image = new MapImage(Geometry);
        var map = image.CreateActive();
        var written = new RegionSet();
        foreach (var extent in (long[])[0, Page - 1, Page, (2 * Page) + 99])
        {
            written.Set(extent);
            image.Write(map, extent / Page, written);
            var (loaded, extents) = image.LoadActive();
            Assert.Empty(loaded.Faults);
            Assert.True(extents.SetEquals(written));
        }

        written.Clear(Page - 1);
        image.Write(map, 0, written);
        Assert.True(image.LoadActive().Extents.SetEquals(written));
    }

    [Fact]
    public void A_map_that_was_loaded_writes_the_older_slot_next()
    {
        var image = new MapImage(Geometry);
        var map = image.CreateActive();
        var written = new RegionSet();
        for (var i = 0; i < 5; i++)
        {
            written.Set(i);
            image.Write(map, 0, written);
            map = image.LoadActive().Map;
            Assert.True(image.LoadActive().Extents.SetEquals(written));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_bad_slot_sets_all_bits_of_its_page_until_it_is_written(int slot)
    {
        var image = new MapImage(Geometry);
        var map = image.CreateActive();
        var written = new RegionSet();
        written.Set(5);
        written.Set((2 * Page) + 5);
        image.Write(map, 0, written);
        image.Write(map, 2, written);
        image.Rot(Geometry.ActivePageAt(2, slot));

        var (loaded, extents) = image.LoadActive();

        Assert.Equal([new RegionRange(5, 1), new RegionRange(2 * Page, 100)], extents.Ranges());
        Assert.Equal([new MapFault(2, $"slot {slot} has a wrong checksum")], loaded.Faults);
        image.Write(loaded, 2, written);
        var (again, repaired) = image.LoadActive();
        Assert.Empty(again.Faults);
        Assert.True(repaired.SetEquals(written));
    }

    [Fact]
    public void A_map_of_another_leg_or_that_was_never_written_has_all_bits_set()
    {
        var image = new MapImage(Geometry);
        var blank = image.LoadActive();
        image.CreateActive();
        var foreign = image.LoadActive(Samples.Id(0x99));

        Assert.Equal((Geometry.Extents, 3), (blank.Extents.Count, blank.Map.Faults.Count));
        Assert.Equal((Geometry.Extents, 3), (foreign.Extents.Count, foreign.Map.Faults.Count));
    }

    [Fact]
    public void Bits_beyond_the_end_of_the_map_and_slots_of_one_sequence_are_bad()
    {
        var image = new MapImage(Geometry);
        var map = image.CreateActive();
        var beyond = new RegionSet();
        beyond.Set((2 * Page) + 100);
        image.Write(map, 2, beyond);
        var copy = new ActiveMap(Geometry, MapImage.Leg);
        image.Write(copy, 0, beyond);
        var second = new byte[LegGeometry.BlockBytes];
        MapPage.Encode(new(MapKind.Active, MapImage.Leg, 0, 0), 1, new ulong[RegionPage.WordCount], second);
        image.Put(Geometry.ActivePageAt(0, 1), second);

        Assert.Equal(
            [new MapFault(0, "both slots have the sequence 1"), new MapFault(2, "has bits beyond the last, 99")],
            image.LoadActive().Map.Faults);
    }

    [Fact]
    public void A_crash_at_any_write_keeps_every_mark_that_was_durable_whichever_slot_is_rotten()
    {
        var image = new MapImage(Geometry);
        var map = image.CreateActive();
        var (written, durable) = (new RegionSet(), new RegionSet());
        foreach (var (extent, isMark) in ((long, bool)[])[(1, true), (9000, true), (1, false), (2, true), (3, true)])
        {
            _ = isMark ? written.Set(extent) : written.Clear(extent);
            _ = !isMark && durable.Clear(extent);
            var block = new byte[LegGeometry.BlockBytes];
            var position = map.Encode(0, written, block);
            for (var sectors = 0; sectors < 256; sectors++)
            {
                var crashed = image.Copy();
                crashed.PutTorn(position, block, sectors);
                RequireMarks(crashed, durable);
                crashed.Rot(Geometry.ActivePageAt(0, sectors % 2));
                RequireMarks(crashed, durable);
            }

            image.Put(position, block);
            _ = isMark && durable.Set(extent);
            RequireMarks(image, durable);
        }
    }

    private static void RequireMarks(MapImage image, RegionSet durable)
    {
        var lost = new RegionSet(durable);
        lost.ExceptWith(image.LoadActive().Extents);
        Assert.True(lost.IsEmpty, $"lost: {lost}");
    }
}

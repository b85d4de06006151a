using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Maps;

public sealed class LegPagesTests
{
    private readonly LegGeometry geometry = LegGeometry.For(MetadataPlacement.Internal, ByteSize.FromMiB(16));
    private readonly LegPages pages;

    public LegPagesTests() => pages = New();

    /// <summary>Otherwise a step that changes nothing would be done before the page is durable, and active bits would
    /// be cleared too early.</summary>
    [Fact]
    public void A_page_whose_write_has_not_ended_is_written_again()
    {
        var first = Assert.Single(Encode(3));
        var second = Assert.Single(Encode(3));
        Assert.Equal(first.Start, second.Start);
        pages.Written(first);
        var third = Assert.Single(Encode(3));
        pages.Written(second);
        pages.Written(third);
        Assert.Empty(Encode(3));
        Assert.Single(Encode(4));
    }

    [Fact]
    public void A_page_that_is_written_after_all_were_read_wins_over_those_of_the_creation()
    {
        var slots = pages.EncodeEmpty().Take(LegGeometry.ActiveSlots).ToDictionary(
            write => write.Start.Value, write => write.Block);
        var opened = New();
        var (first, second) = (geometry.ActivePageAt(0, 0).Value, geometry.ActivePageAt(0, 1).Value);
        opened.Active.Load(0, slots[first], slots[second], new RegionSet());
        var extents = new RegionSet();
        extents.Set(2);
        var write = Assert.Single(opened.EncodeActive(extents, extents));
        slots[write.Start.Value] = write.Block;
        var found = new RegionSet();
        New().Active.Load(0, slots[first], slots[second], found);
        Assert.True(found.SetEquals(extents));
    }

    [Fact]
    public void Only_pages_of_the_member_that_changed_are_written()
    {
        pages.Written(Assert.Single(Encode(3)));
        var writes = new List<MapWrite>();
        pages.EncodeMissed(2, new RegionSet(), writes);
        Assert.Empty(writes);
    }

    private LegPages New() => new(geometry, new Guid(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));

    private List<MapWrite> Encode(long region)
    {
        var (writes, regions) = (new List<MapWrite>(), new RegionSet());
        regions.Set(region);
        pages.EncodeMissed(1, regions, writes);
        return writes;
    }
}

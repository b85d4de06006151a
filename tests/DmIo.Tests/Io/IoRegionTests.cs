using DmIo.Io;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Tests.Io;

/// <summary>R3: overlapping regions of one device are detected for all values, without overflow.</summary>
public sealed class IoRegionTests
{
    private static readonly long[] Landmarks =
        [long.MinValue, -SectorCount.MaxValue, -1, 0, SectorCount.MaxValue, long.MaxValue / 2, long.MaxValue];

    [Fact]
    public void R3_overlap_agrees_with_comparing_every_sector_of_small_regions()
    {
        var small = from start in Enumerable.Range(0, 7) from count in Enumerable.Range(0, 5) select (start, count);
        var pairs = from a in small from b in small select (a, b);

        foreach (var (a, b) in pairs)
        {
            var common = Enumerable.Range(a.start, a.count).Intersect(Enumerable.Range(b.start, b.count)).Any();
            var left = new IoRegion("disk", a.start, a.count);
            var right = new IoRegion("disk", b.start, b.count);
            Assert.True(common == left.Overlaps(right), $"{left} and {right}: {common} expected");
        }
    }

    [Fact]
    public void R3_overlap_agrees_with_128_bit_arithmetic_near_the_ends_of_64_bits()
    {
        var near = from landmark in Gen.Elements(Landmarks)
                   from delta in Gen.Choose(-3, 3)
                   select unchecked(landmark + delta);
        var region = from start in near from count in near select new IoRegion("disk", start, count);
        var pairs = from a in region from b in region select (a, b);

        Prop.ForAll(pairs.ToArbitrary(), pair => pair.a.Overlaps(pair.b) == Model(pair.a, pair.b))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    [Fact]
    public void R3_overlap_is_symmetric()
    {
        Prop.ForAll(
                ArbMap.Default.ArbFor<(long, long, long, long)>(),
                v => new IoRegion("disk", v.Item1, v.Item2).Overlaps(new IoRegion("disk", v.Item3, v.Item4))
                     == new IoRegion("disk", v.Item3, v.Item4).Overlaps(new IoRegion("disk", v.Item1, v.Item2)))
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void R3_the_same_sectors_of_two_devices_do_not_overlap()
    {
        Assert.False(new IoRegion("disk", 0, 8).Overlaps(new IoRegion("Disk", 0, 8)));
    }

    [Fact]
    public void A_region_prints_as_the_command_line_takes_it()
    {
        Assert.Equal("disk@16+8", new IoRegion("disk", 16, 8).ToString());
    }

    private static bool Model(IoRegion a, IoRegion b)
    {
        var start = Int128.Max(a.Start.Value, b.Start.Value);
        var end = Int128.Min((Int128)a.Start.Value + a.Count.Value, (Int128)b.Start.Value + b.Count.Value);
        return a.Count > 0 && b.Count > 0 && start < end;
    }
}

using DmIo.Volumes.Maps;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Volumes.Tests.Maps;

public sealed class RegionSetTests
{
    private const long Last = RegionSet.Limit - 1;
    private const int Page = RegionSet.PageBits;

    /// <summary>Numbers at the edges of words and pages, in a range that a model can list.</summary>
    private static readonly long[] Anchors = [0, 63, 64, 4095, Page - 1, Page, 2 * Page, (3 * Page) + 100];

    [Fact]
    public void An_empty_set_has_no_region()
    {
        var set = new RegionSet();

        Assert.True(set.IsEmpty);
        Assert.Equal(-1, set.FindNext(0));
        Assert.Equal(0, set.FindNextClear(0));
        Assert.Equal(Last, set.FindNextClear(Last));
        Assert.False(set.Contains(Last));
        Assert.Empty(set.Ranges());
    }

    [Fact]
    public void A_region_is_added_once_and_removed_once()
    {
        var set = new RegionSet();

        Assert.True(set.Set(5));
        Assert.False(set.Set(5));
        Assert.Equal(1, set.Count);
        Assert.True(set.Clear(5));
        Assert.False(set.Clear(5));
        Assert.True(set.IsEmpty);
    }

    [Fact]
    public void The_last_region_of_the_largest_volume_is_stored()
    {
        var set = new RegionSet();
        Assert.True(set.Set(Last));

        Assert.Equal(Last, set.FindNext(0));
        Assert.Equal(RegionSet.Limit, set.FindNextClear(Last));
        Assert.Equal([new RegionRange(Last, 1)], set.Ranges());
        set.CheckInvariants();
    }

    [Fact]
    public void Regions_outside_of_the_limit_are_refused()
    {
        var set = new RegionSet();

        Assert.Throws<InvariantViolationException>(() => set.Set(RegionSet.Limit));
        Assert.Throws<InvariantViolationException>(() => set.Set(-1));
        Assert.Throws<InvariantViolationException>(() => set.SetRange(new RegionRange(Last, 2)));
        Assert.Throws<InvariantViolationException>(() => set.SetRange(new RegionRange(0, -1)));
        Assert.Throws<InvariantViolationException>(() => set.FindNext(long.MaxValue));
        Assert.True(set.IsEmpty);
    }

    [Fact]
    public void A_full_TiB_takes_less_than_24_KiB_and_a_fragmented_one_less_than_2200_KiB()
    {
        const long Regions = 1L << 24;
        var set = new RegionSet();
        var before = GC.GetAllocatedBytesForCurrentThread();
        set.SetRange(new RegionRange(0, Regions));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 24 << 10);
        for (var region = 0L; region < Regions; region += 1000)
        {
            set.Clear(region);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2200 << 10);
        Assert.Equal(Regions - ((Regions + 999) / 1000), set.Count);
        set.CheckInvariants();
    }

    [Fact]
    public void A_region_that_is_set_and_cleared_again_and_again_allocates_once()
    {
        var set = new RegionSet();
        set.Set(7);
        set.Clear(7);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            set.Set(7);
            set.Clear(7);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Extents_become_their_regions_up_to_the_end_of_the_volume()
    {
        var extents = new RegionSet();
        extents.Set(0);
        extents.SetRange(new RegionRange(2, 2));
        var regions = new RegionSet();

        regions.UnionWithExtents(extents, regions: 200);

        Assert.Equal([new RegionRange(0, 64), new RegionRange(128, 72)], regions.Ranges());
    }

    [Fact]
    public void A_set_joined_with_itself_is_the_same_and_without_itself_is_empty()
    {
        var set = new RegionSet();
        set.SetRange(new RegionRange(10, 3 * Page));
        set.UnionWith(set);
        Assert.Equal(3 * Page, set.Count);
        set.ExceptWith(set);
        Assert.True(set.IsEmpty);
        set.CheckInvariants();
    }

    [Fact]
    public void Pages_are_copied_from_one_set_to_another()
    {
        var set = new RegionSet();
        set.SetRange(new RegionRange(Page - 5, Page + 10));
        var copy = new RegionSet();
        var words = new ulong[RegionSet.PageWords];
        for (var page = set.NextPage(0); page >= 0; page = set.NextPage(page + 1))
        {
            set.CopyPage(page, words);
            copy.UnionWithPage(page, words);
        }

        copy.CheckInvariants();
        Assert.True(copy.SetEquals(set));
        Assert.Equal([new RegionRange(Page - 5, Page + 10)], copy.Ranges());
    }

    [Fact]
    public void The_set_agrees_with_a_hash_set_after_any_operations()
    {
        var change =
            from kind in Gen.Choose(0, 5)
            from anchor in Gen.Elements(Anchors)
            from offset in Gen.Choose(0, 130)
            from count in Gen.Frequency(
                (38, Gen.Choose(0, 200)), (1, Gen.Constant(Page)), (1, Gen.Constant(Page + 7)))
            select new Change(kind, new RegionRange(anchor + offset, count));
        Prop.ForAll(Arb.From(change.ListOf()), AgreesWithModel).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(0UL, 0UL, 0, 0, 0, 0)]
    [InlineData(0UL, 1UL, 0, 1, 0, 0)]
    [InlineData(65535UL, 2UL, 0, 2, 1, 0)]
    [InlineData(65536UL, 65536UL, 1, 1, 1, 1)]
    [InlineData(1UL, 196607UL, 0, 3, 1, 2)]
    [InlineData(18446744073709486080UL, 65535UL, 281474976710655, 1, 281474976710655, 0)]
    public void A_range_of_bytes_touches_and_covers_regions(
        ulong offset, ulong length, long first, long count, long firstWithin, long countWithin)
    {
        Assert.Equal(new RegionRange(first, count), RegionRange.Touching(offset, length, RegionRange.RegionShift));
        Assert.Equal(
            new RegionRange(firstWithin, countWithin), RegionRange.Within(offset, length, RegionRange.RegionShift));
    }

    private static bool AgreesWithModel(IList<Change> changes)
    {
        RegionSet[] sets = [new(), new()];
        HashSet<long>[] models = [[], []];
        foreach (var (kind, range) in changes)
        {
            var target = kind & 1;
            var numbers = Enumerable.Range(0, (int)range.Count).Select(i => range.First + i).ToList();
            var before = (long)models[target].Count;
            switch (kind)
            {
                case 0 or 1:
                    models[target].UnionWith(numbers);
                    Assert.Equal(models[target].Count - before, sets[target].SetRange(range));
                    break;
                case 2 or 3:
                    models[target].ExceptWith(numbers);
                    Assert.Equal(before - models[target].Count, sets[target].ClearRange(range));
                    break;
                case 4:
                    models[0].UnionWith(models[1]);
                    sets[0].UnionWith(sets[1]);
                    break;
                default:
                    models[1].ExceptWith(models[0]);
                    sets[1].ExceptWith(sets[0]);
                    break;
            }

            target = kind == 4 ? 0 : target;
            CheckAgainst(sets[target], models[target]);
            Assert.Equal(models[target].Overlaps(numbers), sets[target].Overlaps(range));
            Assert.Equal(models[target].IsSupersetOf(numbers), sets[target].ContainsAll(range));
            Assert.Equal(models[0].SetEquals(models[1]), sets[0].SetEquals(sets[1]));
        }

        CheckAgainst(sets[0], models[0]);
        CheckAgainst(sets[1], models[1]);
        Assert.True(new RegionSet(sets[0]).SetEquals(sets[0]));
        return true;
    }

    private static void CheckAgainst(RegionSet set, HashSet<long> model)
    {
        set.CheckInvariants();
        Assert.Equal(model.Count, set.Count);
        Assert.Equal(model.Count == 0, set.IsEmpty);
        var (listed, isEqual) = (0L, true);
        foreach (var range in set.Ranges())
        {
            listed += range.Count;
            Assert.Equal(range.First, set.FindNext(range.First));
            Assert.Equal(range.End, set.FindNextClear(range.First));
            Assert.True(range.First == 0 || !set.Contains(range.First - 1));
            for (var region = range.First; region < range.End; region++)
            {
                isEqual &= model.Contains(region);
            }
        }

        Assert.True(isEqual);
        Assert.Equal(model.Count, listed);
    }

    private sealed record Change(int Kind, RegionRange Range);
}

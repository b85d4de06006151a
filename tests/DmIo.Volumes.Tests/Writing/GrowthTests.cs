using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Writing;

/// <summary>A volume grows when its new area is zeroed on the legs of S and missed by all others (VR6).</summary>
public sealed class GrowthTests
{
    private const long StepRegions = Growth.StepBytes >> RegionRange.RegionShift;

    private readonly WriterFixture fixture = WriterFixture.Active();

    private long OldRegions { get; } = 8L * RegionRange.RegionsPerExtent;

    [Fact]
    public void VR6_the_larger_size_is_proposed_when_the_zeroes_are_flushed_on_every_leg()
    {
        Assert.True(Grow(fixture, regions: 10));
        var zero = fixture.Step<ZeroStep>();
        Assert.Equal(new RegionRange(OldRegions, 10), zero.Range);
        fixture.End(zero, leg: 0);
        Assert.Empty(fixture.Steps.OfType<FlushStep>());
        fixture.End(zero, leg: 1);
        Assert.Null(fixture.State.Proposed);
        fixture.End(fixture.Step<FlushStep>());
        Assert.Null(fixture.State.Proposed);
        fixture.End(fixture.Step<MissedStep>());
        Assert.Equal(SizeOf(OldRegions + 10), fixture.State.Proposed!.Size);
        Assert.Equal(OldRegions, fixture.State.Regions);
        Assert.False(fixture.Core.Growth.IsIdle);
        fixture.Settle();
        Assert.Equal(OldRegions + 10, fixture.State.Regions);
        Assert.True(fixture.Core.Growth.IsIdle);
    }

    [Fact]
    public void A_large_area_is_zeroed_step_by_step_without_a_gap()
    {
        Grow(fixture, regions: (2 * StepRegions) + 1);
        var ranges = new List<RegionRange>();
        while (fixture.Steps.OfType<ZeroStep>().FirstOrDefault() is { } zero)
        {
            ranges.Add(zero.Range);
            fixture.End(zero);
        }

        Assert.Equal(
            [new(OldRegions, StepRegions), new(OldRegions + StepRegions, StepRegions),
                new(OldRegions + (2 * StepRegions), 1)],
            ranges);
    }

    [Fact]
    public void VR6_an_absent_leg_misses_the_new_area_and_returns_with_a_copy_of_it()
    {
        fixture.Core.LegLost(1, fixture.Now);
        fixture.Settle();
        Grow(fixture, regions: 10);
        EndGrowth(fixture);
        Assert.Equal(OldRegions + 10, fixture.State.Regions);
        Assert.True(fixture.State.Legs[1].Missed.ContainsAll(new RegionRange(OldRegions, 10)));
        Assert.True(fixture.Core.Return(1, fixture.Now));
        fixture.Settle();
        Assert.True(fixture.Core.Resync(new RegionRange(OldRegions, 10), fixture.Now));
        Assert.Equal(MemberSet.Of(1), fixture.Step<CopyStep>().Targets);
    }

    [Fact]
    public void VR6_a_leg_that_is_lost_before_the_flush_misses_the_new_area()
    {
        Grow(fixture, regions: 10);
        fixture.End(fixture.Step<ZeroStep>());
        fixture.End(fixture.Step<FlushStep>(), leg: 0);
        fixture.Core.LegLost(1, fixture.Now);
        EndGrowth(fixture);
        Assert.Equal(MemberSet.Of(0), fixture.State.InSync);
        Assert.Equal(OldRegions + 10, fixture.State.Regions);
        Assert.True(fixture.State.Legs[1].Missed.ContainsAll(new RegionRange(OldRegions, 10)));
    }

    [Fact]
    public void VR6_the_larger_size_is_not_proposed_while_a_leg_flushes_the_zeroes()
    {
        Grow(fixture, regions: 10);
        fixture.End(fixture.Step<ZeroStep>());
        fixture.End(fixture.Step<FlushStep>(), leg: 0);
        fixture.Settle();
        Assert.Equal(OldRegions, fixture.State.Regions);
        fixture.End(fixture.Step<FlushStep>());
        fixture.Settle();
        Assert.Equal(OldRegions + 10, fixture.State.Regions);
    }

    /// <summary>A flush of a user that ends while the leg writes zeroes says nothing about them.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void VR6_a_leg_that_is_lost_misses_zeroes_that_were_in_flight_during_a_flush(bool endsZeroes)
    {
        Grow(fixture, regions: 10);
        fixture.Submit(IoOperation.Flush);
        fixture.End(fixture.Step<FlushStep>());
        if (endsZeroes)
        {
            fixture.End(fixture.Step<ZeroStep>());
        }

        fixture.Core.LegLost(1, fixture.Now);
        EndGrowth(fixture);
        Assert.Equal(OldRegions + 10, fixture.State.Regions);
        Assert.True(fixture.State.Legs[1].Missed.ContainsAll(new RegionRange(OldRegions, 10)));
    }

    [Fact]
    public void VR6_what_legs_miss_is_written_when_a_lost_leg_has_left_S()
    {
        Grow(fixture, regions: 10);
        fixture.End(fixture.Step<ZeroStep>());
        fixture.Core.LegLost(1, fixture.Now);
        fixture.End(fixture.Step<FlushStep>());
        Assert.Empty(fixture.Steps.OfType<MissedStep>());
        fixture.AnswerRequests();
        Assert.Equal(MemberSet.Of(0), fixture.Step<MissedStep>().Targets);
    }

    [Fact]
    public void A_leg_that_is_lost_after_the_flush_lacks_nothing_of_the_new_area()
    {
        Grow(fixture, regions: 10);
        fixture.End(fixture.Step<ZeroStep>());
        fixture.End(fixture.Step<FlushStep>());
        fixture.Core.LegLost(1, fixture.Now);
        EndGrowth(fixture);
        Assert.Equal(OldRegions + 10, fixture.State.Regions);
        Assert.True(fixture.State.Legs[1].Missed.IsEmpty);
    }

    [Fact]
    public void The_rest_of_the_last_region_is_zeroed_and_copies_of_it_wait()
    {
        var odd = SizeOf(OldRegions + 1).Bytes - 512;
        fixture.Core.Confirm(0, SizeOf(2 * OldRegions));
        fixture.Core.Confirm(1, SizeOf(2 * OldRegions));
        fixture.Core.Grow(ByteSize.FromBytes(odd), fixture.Now);
        EndGrowth(fixture);
        Grow(fixture, regions: 2);
        var zero = fixture.Step<ZeroStep>();
        Assert.Equal((odd, SizeOf(OldRegions + 2).Bytes), (zero.Start.Bytes, zero.End.Bytes));
        fixture.State.Unresolved.SetRange(zero.Range);
        Assert.True(fixture.Core.Resolve(new RegionRange(OldRegions, 1), fixture.Now));
        fixture.Settle();
        Assert.Empty(fixture.Steps.OfType<CopyStep>());
        fixture.End(zero);
        fixture.Settle();
        Assert.Single(fixture.Steps.OfType<CopyStep>());
    }

    [Fact]
    public void Zeroes_wait_for_a_copy_of_the_last_region()
    {
        fixture.Core.Confirm(0, SizeOf(2 * OldRegions));
        fixture.Core.Confirm(1, SizeOf(2 * OldRegions));
        fixture.Core.Grow(ByteSize.FromBytes(SizeOf(OldRegions + 1).Bytes - 512), fixture.Now);
        EndGrowth(fixture);
        fixture.State.Unresolved.Set(OldRegions);
        fixture.Core.Resolve(new RegionRange(OldRegions, 1), fixture.Now);
        fixture.Settle();
        Grow(fixture, regions: 2);
        Assert.Empty(fixture.Steps.OfType<ZeroStep>());
        fixture.End(fixture.Step<CopyStep>());
        Assert.Single(fixture.Steps.OfType<ZeroStep>());
    }

    [Fact]
    public void A_leg_that_cannot_write_the_zeroes_ends_the_growth_and_stays_in_S()
    {
        Grow(fixture, regions: 10);
        var zero = fixture.Step<ZeroStep>();
        fixture.End(zero, LegResult.Error, leg: 1);
        fixture.End(zero, leg: 0);
        fixture.Settle();
        Assert.True(fixture.Core.Growth is { IsIdle: true, HasFailed: true });
        Assert.Equal(MemberSet.FirstMembers(2), fixture.State.Live);
        Assert.Equal(OldRegions, fixture.State.Regions);
        Assert.True(Grow(fixture, regions: 10));
    }

    [Fact]
    public void Nothing_is_missed_beyond_the_end_after_a_growth_was_given_up()
    {
        fixture.Core.LegLost(1, fixture.Now);
        fixture.Settle();
        Grow(fixture, regions: 10);
        fixture.Core.AbandonGrowth(fixture.Now);
        Assert.False(fixture.Core.Growth.IsIdle);
        fixture.End(fixture.Step<ZeroStep>());
        Assert.True(fixture.Core.Growth.IsIdle);
        Assert.False(fixture.State.Legs[1].Missed.Overlaps(fixture.State.Beyond));
        Assert.False(fixture.Core.Resync(new RegionRange(OldRegions, 1), fixture.Now));
    }

    [Fact]
    public void A_growth_whose_record_is_proposed_is_not_given_up()
    {
        Grow(fixture, regions: 10);
        fixture.End(fixture.Step<ZeroStep>());
        fixture.End(fixture.Step<FlushStep>());
        fixture.End(fixture.Step<MissedStep>());
        fixture.Core.AbandonGrowth(fixture.Now);
        fixture.Settle();
        Assert.Equal(OldRegions + 10, fixture.State.Regions);
    }

    [Fact]
    public void VR6_every_leg_confirms_the_space_first()
    {
        fixture.Core.Confirm(0, SizeOf(OldRegions + 10));
        Assert.False(fixture.Core.Grow(SizeOf(OldRegions + 10), fixture.Now));
        fixture.Core.Confirm(1, SizeOf(OldRegions + 9));
        Assert.False(fixture.Core.Grow(SizeOf(OldRegions + 10), fixture.Now));
        Assert.True(fixture.Core.Grow(SizeOf(OldRegions + 9), fixture.Now));
    }

    [Fact]
    public void A_leg_without_room_for_the_volume_does_not_return()
    {
        fixture.Core.LegLost(1, fixture.Now);
        fixture.Settle();
        fixture.Core.Confirm(1, SizeOf(OldRegions - 1));
        Assert.False(fixture.Core.Return(1, fixture.Now));
        fixture.Core.Confirm(1, SizeOf(OldRegions));
        Assert.True(fixture.Core.Return(1, fixture.Now));
    }

    [Fact]
    public void Voters_are_not_changed_while_the_volume_grows_and_vice_versa()
    {
        Grow(fixture, regions: 10);
        Assert.False(fixture.Core.AddVoter(WriterFixture.Id(9), 2, isWitness: false, fixture.Now));
        Assert.False(fixture.Core.RemoveVoter(1, fixture.Now));
        EndGrowth(fixture);
        Assert.True(fixture.Core.AddVoter(WriterFixture.Id(9), 2, isWitness: false, fixture.Now));
        Assert.False(Grow(fixture, regions: 20));
        fixture.Settle();
        Assert.Equal(OldRegions + 10, fixture.State.Legs[2].Missed.Count);
    }

    [Fact]
    public void A_bad_page_of_a_map_does_not_make_a_leg_miss_what_is_beyond_the_end()
    {
        var maps = WriterFixture.Empty();
        maps.Missed[1].SetRange(new RegionRange(0, 4 * OldRegions));
        var opened = new WriterFixture(inSync: MemberSet.Of(0));
        opened.Maps[0] = maps;
        opened.Core.Begin(WriterFixture.Id(6));
        opened.Settle();
        Assert.True(opened.State.IsActive);
        Assert.Equal(OldRegions, opened.State.Legs[1].Missed.Count);
    }

    private static ByteSize SizeOf(long regions) => ByteSize.FromBytes(regions << RegionRange.RegionShift);

    private bool Grow(WriterFixture grown, long regions)
    {
        var size = SizeOf(OldRegions + regions);
        foreach (var leg in grown.State.Chosen.Configuration.Legs)
        {
            grown.Core.Confirm(leg, size);
        }

        return grown.Core.Grow(size, grown.Now);
    }

    private static void EndGrowth(WriterFixture grown)
    {
        while (!grown.Core.Growth.IsIdle)
        {
            grown.Settle();
            grown.Steps.Where(step => step is ZeroStep or FlushStep).ToList().ForEach(step => grown.End(step));
        }
    }
}

using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Writing;

/// <summary>A growth that is given up leaves nothing behind, and one that may be chosen is not given up.</summary>
public sealed class AbandonedGrowthTests
{
    private const long OldRegions = 8L * RegionRange.RegionsPerExtent;
    private static readonly RegionRange NewArea = new(OldRegions, 10);

    private readonly WriterFixture fixture = WriterFixture.Active();

    private Growth Growth => fixture.Core.Growth;

    private RegionSet Missed => fixture.State.Legs[1].Missed;

    [Theory]
    [InlineData((int)GrowthPhase.Zeroing)]
    [InlineData((int)GrowthPhase.Flushing)]
    [InlineData((int)GrowthPhase.WritingMissed)]
    public void A_growth_is_given_up_in_each_phase_before_its_record(int phase)
    {
        GrowUntil((GrowthPhase)phase);
        fixture.Core.AbandonGrowth(fixture.Now);
        EndSteps();
        Assert.True(Growth is { IsIdle: true, HasFailed: false });
        Assert.Equal(OldRegions, fixture.State.Regions);
        Assert.Empty(fixture.State.InFlight);
    }

    [Theory]
    [InlineData((int)GrowthPhase.Zeroing)]
    [InlineData((int)GrowthPhase.Flushing)]
    public void A_leg_that_is_lost_after_a_growth_was_given_up_misses_nothing_beyond_the_end(int phase)
    {
        GrowUntil((GrowthPhase)phase, regions: (2 * (Growth.StepBytes >> RegionRange.RegionShift)) + 1);
        fixture.Core.AbandonGrowth(fixture.Now);
        if (phase == (int)GrowthPhase.Zeroing)
        {
            fixture.End(fixture.Step<ZeroStep>());
        }

        Assert.True(Growth.IsIdle);
        fixture.Core.LegLost(1, fixture.Now);
        Assert.True(Missed.IsEmpty);
    }

    [Fact]
    public void A_copy_into_the_new_area_ends_before_a_growth_is_given_up()
    {
        LoseLeg1();
        GrowUntil(GrowthPhase.Flushing);
        Assert.True(fixture.Core.Return(1, fixture.Now));
        fixture.Settle();
        Assert.True(fixture.Core.Resync(NewArea, fixture.Now));
        fixture.Core.AbandonGrowth(fixture.Now);
        fixture.End(fixture.Step<FlushStep>());
        Assert.False(Growth.IsIdle);
        fixture.End(fixture.Step<CopyStep>());
        Assert.True(Growth.IsIdle);
        fixture.Core.LegLost(1, fixture.Now);
        Assert.False(Missed.Overlaps(fixture.State.Beyond));
    }

    [Fact]
    public void VR6_an_absent_leg_misses_the_new_area_of_a_growth_that_cannot_be_given_up_any_more()
    {
        LoseLeg1();
        GrowUntil(GrowthPhase.Proposing);
        fixture.Core.AbandonGrowth(fixture.Now);
        fixture.Settle();
        Assert.Equal(NewArea.End, fixture.State.Regions);
        Assert.True(Missed.ContainsAll(NewArea));
    }

    [Fact]
    public void VR6_what_legs_miss_is_written_again_after_a_growth_was_given_up()
    {
        LoseLeg1();
        GrowUntil(GrowthPhase.WritingMissed);
        fixture.Core.AbandonGrowth(fixture.Now);
        fixture.End(fixture.Step<MissedStep>());
        GrowUntil(GrowthPhase.WritingMissed);
        Assert.Null(fixture.State.Proposed);
        fixture.End(fixture.Step<MissedStep>());
        Assert.NotNull(fixture.State.Proposed);
    }

    [Fact]
    public void A_volume_that_grows_does_not_begin_another_growth()
    {
        GrowUntil(GrowthPhase.Flushing);
        Assert.False(fixture.Core.Grow(SizeOf(NewArea.End), fixture.Now));
        EndSteps();
        Assert.Equal(NewArea.End, fixture.State.Regions);
    }

    private static ByteSize SizeOf(long regions) => ByteSize.FromBytes(regions << RegionRange.RegionShift);

    private void LoseLeg1()
    {
        fixture.Core.LegLost(1, fixture.Now);
        fixture.Settle();
    }

    private void GrowUntil(GrowthPhase phase, long regions = 10)
    {
        fixture.Core.Confirm(0, SizeOf(OldRegions + regions));
        fixture.Core.Confirm(1, SizeOf(OldRegions + regions));
        Assert.True(fixture.Core.Grow(SizeOf(OldRegions + regions), fixture.Now));
        if (phase == GrowthPhase.Zeroing && regions > 10)
        {
            fixture.End(fixture.Step<ZeroStep>());
        }

        while (Growth.Phase != phase)
        {
            fixture.End(fixture.Steps.First(step => step is ZeroStep or FlushStep or MissedStep));
        }
    }

    private void EndSteps()
    {
        fixture.Settle();
        while (fixture.Steps.Find(step => step is ZeroStep or FlushStep) is { } step)
        {
            fixture.End(step);
            fixture.Settle();
        }
    }
}

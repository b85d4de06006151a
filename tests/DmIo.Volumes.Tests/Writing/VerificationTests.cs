using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Writing;

/// <summary>The comparison of legs by a writer.</summary>
public sealed class VerificationTests
{
    private const long Region = 5;

    private static readonly RegionRange Range = new(Region, 1);

    private readonly WriterFixture fixture = WriterFixture.Active(legs: 3);

    [Fact]
    public void Legs_with_the_same_hash_are_equal()
    {
        var step = Verify(7, 7, 7);
        Assert.Equal(VerifyOutcome.Equal, step.Outcome);
        Assert.Empty(fixture.Steps);
        Assert.Null(fixture.State.Proposed);
    }

    /// <summary>Beyond the end, legs hold what they held before.</summary>
    [Fact]
    public void A_comparison_that_waits_while_a_volume_begins_to_grow_ends_at_the_old_size()
    {
        var (size, last) = (fixture.State.Chosen.Size, fixture.State.Regions - 1);
        var write = fixture.Submit(IoOperation.Write, last);
        fixture.Settle();
        fixture.Core.Verify(last, fixture.Now);
        foreach (var leg in fixture.State.Live)
        {
            fixture.Core.Confirm(leg, ByteSize.FromBytes(2 * size.Bytes));
        }

        Assert.True(fixture.Core.Grow(ByteSize.FromBytes(2 * size.Bytes), fixture.Now));
        fixture.End(write);
        Assert.Equal(size, fixture.Step<VerifyStep>().Size);
    }

    [Fact]
    public void VR7_A_leg_that_differs_leaves_S_and_returns_by_a_copy_of_the_region_and_is_never_repaired_in_place()
    {
        var step = Verify(7, 7, 8);
        Assert.Equal((VerifyOutcome.Minority, MemberSet.Of(2)), (step.Outcome, step.Differing));
        Assert.Empty(fixture.Steps.OfType<CopyStep>());
        Assert.Empty(fixture.Steps);
        Assert.False(fixture.State.Unresolved.Overlaps(Range));
        fixture.Core.RemoveDiffering(fixture.Now);

        // Before the record: a crash after it must not lose what the leg is to get.
        var missed = fixture.Step<MissedStep>();
        Assert.True(fixture.State.InSync.IsSubsetOf(missed.Targets));
        Assert.Equal([Range], fixture.State.MissedOnDisk(2).Ranges());
        Assert.Null(fixture.State.Proposed);
        fixture.End(missed);
        Assert.Equal(MemberSet.FirstMembers(2), fixture.State.Proposed!.InSync);
        Assert.Empty(fixture.Steps.OfType<CopyStep>());
        fixture.AnswerRequests();
        Assert.Equal(MemberSet.FirstMembers(2), fixture.State.InSync);

        Assert.True(fixture.Core.Return(2, fixture.Now));
        fixture.Settle();
        Assert.Equal([Range], fixture.State.Legs[2].Missed.Ranges());
        Assert.True(fixture.Core.Resync(Range, fixture.Now));
        var copy = fixture.Step<CopyStep>();
        Assert.Equal((Range, MemberSet.Of(2)), (copy.Range, copy.Targets));
        Assert.True(fixture.State.Live[copy.Source]);
        fixture.End(copy);
        fixture.End(fixture.Step<FlushStep>());
        fixture.Settle();
        Assert.Equal(MemberSet.FirstMembers(3), fixture.State.InSync);
        Assert.True(fixture.State.MissedOnDisk(2).IsEmpty);
    }

    [Fact]
    public void VR7_A_leg_that_differs_serves_no_read_of_the_region_while_it_is_still_in_S()
    {
        Verify(8, 7, 7);
        fixture.Renew();
        fixture.Core.Lease.Preferred = 0;
        Assert.Equal(MemberSet.Of(1), fixture.Submit(IoOperation.Read, Region).Targets);
        Assert.Equal(MemberSet.Of(0), fixture.Submit(IoOperation.Read, Region + 1).Targets);
    }

    [Fact]
    public void VR7_A_leg_that_differs_is_not_copied_to_one_that_could_not_read_the_region()
    {
        Verify(8, 7, 7);
        fixture.Renew();
        fixture.Core.Lease.Preferred = 1;
        fixture.End(fixture.Submit(IoOperation.Read, Region), LegResult.Error);
        fixture.Settle();
        var copy = fixture.Step<CopyStep>();
        Assert.Equal((2, MemberSet.FirstMembers(2)), (copy.Source, copy.Targets));
    }

    [Fact]
    public void Without_a_majority_nothing_is_changed()
    {
        var two = WriterFixture.Active();
        var step = two.Core.Verify(Region, two.Now)!;
        two.Core.Hashed(step, 0, 7, two.Now);
        two.Core.Hashed(step, 1, 8, two.Now);
        Assert.Equal((VerifyOutcome.NoMajority, MemberSet.FirstMembers(2)), (step.Outcome, step.Differing));
        Assert.Equal(MemberSet.FirstMembers(2), two.State.Live);
        Assert.All(two.Steps, sent => Assert.IsType<VerifyStep>(sent));
        Assert.Null(two.State.Proposed);
    }

    [Fact]
    public void Three_different_hashes_are_no_majority()
    {
        Assert.Equal(VerifyOutcome.NoMajority, Verify(7, 8, 9).Outcome);
        fixture.Core.RemoveDiffering(fixture.Now);
        Assert.Empty(fixture.Steps);
        Assert.Equal(MemberSet.FirstMembers(3), fixture.State.Live);
    }

    [Fact]
    public void Half_of_S_is_no_majority_even_if_the_other_half_was_lost()
    {
        var four = WriterFixture.Active(legs: 4);
        var step = four.Core.Verify(Region, four.Now)!;
        four.Core.Hashed(step, 0, 7, four.Now);
        four.Core.Hashed(step, 1, 7, four.Now);
        four.Core.Hashed(step, 2, 8, four.Now);

        four.Core.LegLost(3, four.Now);
        Assert.Equal(VerifyOutcome.NoMajority, step.Outcome);
    }

    [Fact]
    public void Regions_that_differ_leave_by_one_record()
    {
        var first = fixture.Core.Verify(Region, fixture.Now)!;
        var second = fixture.Core.Verify(Region + 1, fixture.Now)!;
        Hash(first, 7, 7, 8);
        Hash(second, 7, 9, 7);
        fixture.Core.RemoveDiffering(fixture.Now);
        fixture.End(fixture.Step<MissedStep>());
        Assert.Equal(MemberSet.Of(0), fixture.State.Proposed!.InSync);
        Assert.True(fixture.State.Legs[2].Missed.Contains(Region));
        Assert.True(fixture.State.Legs[1].Missed.Contains(Region + 1));
    }

    [Fact]
    public void A_region_that_is_found_while_the_maps_are_written_is_written_as_well()
    {
        Verify(7, 7, 8);
        fixture.Core.RemoveDiffering(fixture.Now);
        var missed = fixture.Step<MissedStep>();
        Hash(fixture.Core.Verify(Region + 1, fixture.Now)!, 7, 7, 8);
        fixture.End(missed);
        Assert.Null(fixture.State.Proposed);
        fixture.End(fixture.Step<MissedStep>());
        Assert.Equal(MemberSet.FirstMembers(2), fixture.State.Proposed!.InSync);
        Assert.Equal(2, fixture.State.Legs[2].Missed.Count);
    }

    [Fact]
    public void The_last_leg_of_S_stays()
    {
        Verify(7, 7, 8);
        fixture.Core.RemoveDiffering(fixture.Now);
        var missed = fixture.Step<MissedStep>();
        fixture.Core.LegLost(0, fixture.Now);
        fixture.Core.LegLost(1, fixture.Now);
        fixture.AnswerRequests();
        fixture.End(missed);
        fixture.Settle();
        Assert.Equal(MemberSet.Of(2), fixture.State.Live);
        Assert.Equal(MemberSet.Of(2), fixture.State.InSync);
    }

    [Fact]
    public void A_write_waits_for_the_comparison_of_its_region()
    {
        var step = fixture.Core.Verify(Region, fixture.Now)!;
        var write = fixture.Submit(IoOperation.Write, Region);
        var other = fixture.Submit(IoOperation.Write, Region + 1);
        fixture.Settle();
        Assert.True(write.Targets.IsEmpty);
        Assert.False(other.Targets.IsEmpty);
        Hash(step, 7, 7, 7);
        fixture.Settle();
        Assert.False(write.Targets.IsEmpty);
    }

    [Fact]
    public void A_comparison_waits_for_the_write_of_its_region()
    {
        var write = fixture.Submit(IoOperation.Write, Region);
        fixture.Settle();
        var step = fixture.Core.Verify(Region, fixture.Now)!;
        Assert.Empty(fixture.Steps.OfType<VerifyStep>());
        fixture.End(write);
        Assert.Same(step, fixture.Step<VerifyStep>());
    }

    [Fact]
    public void Regions_that_are_unresolved_or_missed_are_skipped()
    {
        fixture.Core.LegLost(2, fixture.Now);
        fixture.AnswerRequests();
        var write = fixture.Submit(IoOperation.Write, Region);
        fixture.Settle();
        fixture.End(write);
        Assert.Equal(VerifyOutcome.Skipped, fixture.Core.Verify(Region, fixture.Now)!.Outcome);
        var compared = fixture.Core.Verify(Region + 1, fixture.Now)!;
        Assert.Equal(MemberSet.FirstMembers(2), compared.Targets);
        fixture.State.Unresolved.Set(Region + 2);
        Assert.Equal(VerifyOutcome.Skipped, fixture.Core.Verify(Region + 2, fixture.Now)!.Outcome);
    }

    [Fact]
    public void A_region_that_a_leg_cannot_read_is_resolved()
    {
        var step = fixture.Core.Verify(Region, fixture.Now)!;
        fixture.Core.Completed(step, 0, LegResult.Error, fixture.Now);
        fixture.Core.Hashed(step, 1, 7, fixture.Now);
        fixture.Core.Hashed(step, 2, 7, fixture.Now);
        Assert.Equal(VerifyOutcome.Skipped, step.Outcome);
        Assert.Equal([Range], fixture.State.Unresolved.Ranges());
        Assert.Equal(1, fixture.State.Legs[0].CorrectedReads);
        Assert.Equal(MemberSet.FirstMembers(3), fixture.State.Live);
    }

    [Fact]
    public void A_leg_that_is_lost_is_not_compared()
    {
        var step = fixture.Core.Verify(Region, fixture.Now)!;
        fixture.Core.Hashed(step, 2, 8, fixture.Now);
        fixture.Core.LegLost(2, fixture.Now);
        fixture.Core.Hashed(step, 0, 7, fixture.Now);
        fixture.Core.Hashed(step, 1, 7, fixture.Now);
        Assert.Equal(VerifyOutcome.Equal, step.Outcome);
    }

    [Fact]
    public void A_region_that_is_copied_is_not_compared_meanwhile()
    {
        fixture.State.Unresolved.Set(Region);
        fixture.Core.Resolve(Range, fixture.Now);
        Assert.Null(fixture.Core.Verify(Region, fixture.Now));
    }

    private VerifyStep Verify(params int[] hashes)
    {
        var step = fixture.Core.Verify(Region, fixture.Now)!;
        Assert.Same(step, fixture.Step<VerifyStep>());
        Hash(step, hashes);
        return step;
    }

    private void Hash(VerifyStep step, params int[] hashes)
    {
        foreach (var (leg, hash) in hashes.Index())
        {
            fixture.Core.Hashed(step, leg, (UInt128)hash, fixture.Now);
        }

        fixture.Steps.Remove(step);
    }
}

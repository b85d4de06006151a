using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Writing;

/// <summary>Reads of a writer: leases, legs that fail, unresolved regions.</summary>
public sealed class ReadTests
{
    private readonly WriterFixture fixture = WriterFixture.Active();

    [Fact]
    public void A_read_waits_for_a_lease()
    {
        fixture.Now += VolumeTiming.Lease;
        var read = fixture.Submit(IoOperation.Read);
        Assert.Empty(fixture.Steps);
        fixture.Renew();
        Assert.Same(read, Assert.Single(fixture.Steps));
    }

    [Fact]
    public void A_minority_of_voters_does_not_give_a_lease()
    {
        fixture.Now += VolumeTiming.Lease;
        fixture.Renew(0);
        fixture.Submit(IoOperation.Read);
        Assert.Empty(fixture.Steps);
    }

    [Fact]
    public void A_read_that_ends_after_the_writer_was_fenced_is_not_answered_again()
    {
        var read = fixture.Submit(IoOperation.Read);
        var higher = new Epoch(99, WriterFixture.Id(99));
        foreach (var member in (int[])[1, WriterFixture.WitnessMember])
        {
            fixture.Core.Replied(member, new Refused(higher, TimeSpan.Zero), fixture.Now);
        }

        Assert.Equal(OperationOutcome.Fenced, fixture.OutcomeOf(read));
        fixture.Core.Completed(read, read.Targets.First, LegResult.Ok, fixture.Now);
        Assert.Equal(OperationOutcome.Fenced, fixture.OutcomeOf(read));
    }

    [Fact]
    public void A_read_is_repeated_if_its_lease_ended_meanwhile()
    {
        var read = fixture.Submit(IoOperation.Read);
        fixture.Now += VolumeTiming.TrustedLease;
        fixture.End(read);
        Assert.Null(fixture.OutcomeOf(read));
        fixture.Renew();
        fixture.End(read);
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(read));
    }

    [Fact]
    public void A_lease_counts_from_the_time_of_sending()
    {
        fixture.Now += VolumeTiming.Lease;
        var renew = fixture.Core.Lease.Renew(fixture.Now);
        fixture.Now += VolumeTiming.TrustedLease;
        fixture.Core.Replied(0, new Leased(renew.Epoch, renew.Counter), fixture.Now);
        fixture.Core.Replied(1, new Leased(renew.Epoch, renew.Counter), fixture.Now);
        Assert.False(fixture.Core.Lease.IsInForce(fixture.Now));
    }

    [Fact]
    public void A_lease_that_was_released_is_not_trusted()
    {
        var renew = fixture.Core.Lease.Renew(fixture.Now);
        fixture.Core.Lease.Release();
        fixture.Core.Replied(0, new Leased(renew.Epoch, renew.Counter), fixture.Now);
        fixture.Core.Replied(1, new Leased(renew.Epoch, renew.Counter), fixture.Now);
        Assert.False(fixture.Core.Lease.IsInForce(fixture.Now));
    }

    [Fact]
    public void The_preferred_leg_serves_reads()
    {
        fixture.Core.Lease.Preferred = 1;
        Assert.Equal(MemberSet.Of(1), fixture.Submit(IoOperation.Read).Targets);
    }

    [Fact]
    public void A_slow_leg_serves_reads_only_if_no_other_can()
    {
        fixture.Core.Lease.Preferred = 0;
        fixture.Core.Lease.Slow = MemberSet.Of(0);
        Assert.Equal(MemberSet.Of(1), fixture.Submit(IoOperation.Read).Targets);
        fixture.Core.LegLost(1, fixture.Now);
        Assert.Equal(MemberSet.Of(0), fixture.Submit(IoOperation.Read, 1).Targets);
    }

    [Fact]
    public void A_read_that_a_leg_cannot_serve_is_repaired_from_another_one()
    {
        var read = fixture.Submit(IoOperation.Read);
        fixture.End(read, LegResult.Error);
        fixture.Settle();
        var copy = fixture.Step<CopyStep>();
        Assert.Equal((1, MemberSet.Of(0)), (copy.Source, copy.Targets));
        Assert.Null(fixture.OutcomeOf(read));
        fixture.End(copy);
        Assert.Equal(MemberSet.Of(1), read.Targets);
        fixture.End(read);
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(read));
        Assert.Equal(MemberSet.FirstMembers(2), fixture.State.Live);
        Assert.Equal(1, fixture.State.Legs[0].CorrectedReads);
    }

    [Fact]
    public void A_write_waits_for_the_repair_of_its_region()
    {
        var read = fixture.Submit(IoOperation.Read);
        fixture.End(read, LegResult.Error);
        fixture.Settle();
        var write = fixture.Submit(IoOperation.Write);
        Assert.True(write.Targets.IsEmpty);
        fixture.End(fixture.Step<CopyStep>());
        Assert.True(write.Targets.IsEmpty);
        fixture.End(fixture.Step<VerifyStep>());
        Assert.Equal(MemberSet.FirstMembers(2), write.Targets);
    }

    [Fact]
    public void A_leg_that_cannot_read_what_was_repaired_leaves_the_in_sync_set()
    {
        var read = fixture.Submit(IoOperation.Read);
        fixture.End(read, LegResult.Error);
        fixture.Settle();
        fixture.End(fixture.Step<CopyStep>());
        Assert.Equal(MemberSet.Of(0), fixture.Step<VerifyStep>().Targets);
        fixture.End(fixture.Step<VerifyStep>(), LegResult.Error);
        fixture.Settle();
        Assert.Equal(MemberSet.Of(1), fixture.State.InSync);
        Assert.True(fixture.State.Legs[0].Missed.Contains(0));
        fixture.End(read);
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(read));
    }

    [Fact]
    public void The_last_leg_stays_although_it_cannot_read_what_was_repaired()
    {
        fixture.End(fixture.Submit(IoOperation.Read), LegResult.Error);
        fixture.Settle();
        fixture.End(fixture.Step<CopyStep>());
        fixture.Core.LegLost(1, fixture.Now);
        fixture.End(fixture.Step<VerifyStep>(), LegResult.Error);
        Assert.Equal(MemberSet.Of(0), fixture.State.Live);
    }

    [Fact]
    public void A_region_that_its_source_could_not_read_is_read_again_when_it_is_resolved()
    {
        var unresolved = Unresolved();
        unresolved.Submit(IoOperation.Read);
        unresolved.Settle();
        unresolved.Core.SourceFailed(unresolved.Step<CopyStep>(), LegResult.Error, unresolved.Now);
        unresolved.Settle();
        unresolved.End(unresolved.Steps.OfType<CopyStep>().Last());
        Assert.Equal(MemberSet.Of(0), unresolved.Step<VerifyStep>().Targets);
    }

    [Fact]
    public void A_leg_that_cannot_be_repaired_leaves_the_in_sync_set()
    {
        fixture.End(fixture.Submit(IoOperation.Read), LegResult.Error);
        fixture.Settle();
        fixture.End(fixture.Step<CopyStep>(), LegResult.Error);
        fixture.Settle();
        Assert.Equal(MemberSet.Of(1), fixture.State.InSync);
        Assert.True(fixture.State.Legs[0].Missed.Contains(0));
    }

    [Fact]
    public void A_read_that_no_leg_can_serve_fails()
    {
        var read = fixture.Submit(IoOperation.Read);
        fixture.End(read, LegResult.Error);
        fixture.Settle();
        fixture.Core.SourceFailed(fixture.Step<CopyStep>(), LegResult.Error, fixture.Now);
        Assert.Equal(OperationOutcome.DeviceError, fixture.OutcomeOf(read));
    }

    [Fact]
    public void The_leg_with_the_least_in_flight_serves_a_read()
    {
        Assert.Equal(MemberSet.Of(0), fixture.Submit(IoOperation.Read).Targets);
        Assert.Equal(MemberSet.Of(1), fixture.Submit(IoOperation.Read, 1).Targets);
    }

    [Fact]
    public void A_read_in_flight_on_a_leg_that_is_lost_goes_to_another_one()
    {
        var read = fixture.Submit(IoOperation.Read);
        fixture.Core.LegLost(0, fixture.Now);
        Assert.Equal(MemberSet.Of(1), read.Targets);
        fixture.End(read);
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(read));
    }

    [Fact]
    public void A_read_of_an_unresolved_region_resolves_it_first()
    {
        var unresolved = Unresolved();
        var read = unresolved.Submit(IoOperation.Read);
        unresolved.Settle();
        var copy = unresolved.Step<CopyStep>();
        Assert.Equal((0, MemberSet.Of(1)), (copy.Source, copy.Targets));
        Assert.True(read.Targets.IsEmpty);
        unresolved.End(copy);
        Assert.Same(read, unresolved.Step<ClientOperation>());
    }

    [Fact]
    public void A_region_that_its_source_cannot_read_is_resolved_from_another_leg()
    {
        var unresolved = Unresolved();
        unresolved.Submit(IoOperation.Read);
        unresolved.Settle();
        unresolved.Core.SourceFailed(unresolved.Step<CopyStep>(), LegResult.Error, unresolved.Now);
        unresolved.Settle();
        Assert.Equal((1, MemberSet.Of(0)), (unresolved.Steps.OfType<CopyStep>().Last().Source,
            unresolved.Steps.OfType<CopyStep>().Last().Targets));
    }

    [Fact]
    public void A_region_that_no_leg_can_read_fails_reads_until_it_is_written()
    {
        var unresolved = Unresolved();
        var read = unresolved.Submit(IoOperation.Read);
        for (var i = 0; i < 2; i++)
        {
            unresolved.Settle();
            var copy = unresolved.Steps.OfType<CopyStep>().Last();
            unresolved.Core.SourceFailed(copy, LegResult.Error, unresolved.Now);
        }

        Assert.Equal(OperationOutcome.DeviceError, unresolved.OutcomeOf(read));
        unresolved.Steps.Clear();
        var write = unresolved.Submit(IoOperation.Write);
        unresolved.Settle();
        unresolved.End(write);
        Assert.Equal(OperationOutcome.Ok, unresolved.OutcomeOf(write));
        var again = unresolved.Submit(IoOperation.Read);
        unresolved.End(again);
        Assert.Equal(OperationOutcome.Ok, unresolved.OutcomeOf(again));
    }

    /// <summary>A writer whose first extent is unresolved.</summary>
    private static WriterFixture Unresolved()
    {
        var taking = new WriterFixture();
        taking.Maps[0]!.Active.Set(0);
        taking.Core.Begin(WriterFixture.Id(6));
        taking.Settle();
        taking.Renew();
        Assert.Equal(RegionRange.RegionsPerExtent, taking.State.Unresolved.Count);
        return taking;
    }
}

using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Writing;

/// <summary>What a writer of two or three legs and a witness does while it cannot serve.</summary>
public sealed class SuspensionTests
{
    private static readonly WriterPolicy TenSeconds = new() { HoldsFor = TimeSpan.FromSeconds(10) };

    private readonly WriterFixture fixture = WriterFixture.Active(legs: 3, policy: TenSeconds);

    private Suspension Suspension => fixture.Core.Suspension;

    private static MemberSet Witness => MemberSet.Of(WriterFixture.WitnessMember);

    [Fact]
    public void A_lease_that_no_quorum_renews_suspends_and_names_the_voters()
    {
        Pass(4.4);
        Pass(0.9);
        Assert.Null(Suspension.Reason);
        fixture.Renew(0);
        Pass(0.2);
        Assert.Equal(SuspendReason.NoRecordQuorum, Suspension.Reason);
        Assert.Equal(MemberSet.FirstMembers(3).Without(0) | Witness, Suspension.MissingVoters);
        fixture.Renew();
        Pass(0);
        Assert.Null(Suspension.Reason);
    }

    [Fact]
    public void A_record_that_is_not_chosen_suspends()
    {
        fixture.Core.LegLost(2, fixture.Now);
        fixture.Renew();
        Pass(2);
        Assert.Equal(SuspendReason.NoRecordQuorum, Suspension.Reason);
        Assert.Equal(MemberSet.Of(2), Suspension.MissingLegs);
        fixture.AnswerRequests();
        Assert.Null(Suspension.Reason);
    }

    [Fact]
    public void A_writer_without_legs_says_which_ones_it_needs()
    {
        LoseAllLegs();
        Assert.Equal(SuspendReason.NoInSyncLeg, Suspension.Reason);
        Assert.Equal(MemberSet.FirstMembers(3), Suspension.MissingLegs);
    }

    [Fact]
    public void A_take_over_says_what_it_waits_for()
    {
        var opening = new WriterFixture(legs: 3);
        opening.Core.Begin(WriterFixture.Id(6));
        opening.Core.Replied(0, new WouldPromise(Epoch.None), opening.Now);
        Assert.Null(opening.Core.Suspension.Reason);
        opening.Core.TakeOver.IsGraceOver = true;
        opening.Core.Tick(opening.Now);
        Assert.Equal(SuspendReason.NoRecordQuorum, opening.Core.Suspension.Reason);
        Assert.Equal(MemberSet.Of(1) | MemberSet.Of(2) | Witness, opening.Core.Suspension.MissingVoters);
        opening.Settle();
        Assert.True(opening.State.IsActive);
        Assert.Null(opening.Core.Suspension.Reason);
    }

    [Fact]
    public void A_take_over_with_a_quorum_and_no_leg_in_sync_names_the_leg()
    {
        var opening = new WriterFixture(inSync: MemberSet.Of(0), legs: 3);
        opening.Core.TakeOver.IsGraceOver = true;
        opening.Core.Begin(WriterFixture.Id(6));
        foreach (var voter in MemberSet.Of(1) | MemberSet.Of(2) | Witness)
        {
            opening.Core.Replied(voter, new WouldPromise(Epoch.None), opening.Now);
        }

        foreach (var voter in MemberSet.Of(1) | MemberSet.Of(2) | Witness)
        {
            var promise = new Promise(opening.State.Epoch, opening.Known, true, true, default);
            opening.Core.Replied(voter, promise, opening.Now);
        }

        Assert.Equal(SuspendReason.NoInSyncLeg, opening.Core.Suspension.Reason);
        Assert.Equal(MemberSet.Of(0), opening.Core.Suspension.MissingLegs);
    }

    [Fact]
    public void Two_lineages_suspend_a_take_over()
    {
        var opening = new WriterFixture(legs: 3);
        opening.Core.TakeOver.IsGraceOver = true;
        opening.Core.Begin(WriterFixture.Id(6));
        foreach (var voter in opening.Known.Configuration.Voters)
        {
            opening.Core.Replied(voter, new WouldPromise(Epoch.None), opening.Now);
        }

        var other = opening.Known with { Lineage = WriterFixture.Id(8), ParentLineage = WriterFixture.Id(9) };
        opening.Core.Replied(0, new Promise(opening.State.Epoch, opening.Known, true, true, default), opening.Now);
        opening.Core.Replied(1, new Promise(opening.State.Epoch, other, true, true, default), opening.Now);
        Assert.Equal(SuspendReason.Forked, opening.Core.Suspension.Reason);
    }

    [Fact]
    public void Held_operations_are_answered_when_the_deadline_passes()
    {
        LoseAllLegs();
        var write = fixture.Submit(IoOperation.Write);
        var read = fixture.Submit(IoOperation.Read, region: 1);
        var flush = fixture.Submit(IoOperation.Flush);
        Pass(9.5);
        Assert.All([write, read, flush], one => Assert.Null(fixture.OutcomeOf(one)));
        Pass(1);
        Assert.All([write, read, flush], one => Assert.Equal(OperationOutcome.Suspended, fixture.OutcomeOf(one)));
        Assert.Equal(OperationOutcome.Suspended, fixture.OutcomeOf(fixture.Submit(IoOperation.Write)));
    }

    [Fact]
    public void Without_a_deadline_operations_are_held_for_ever()
    {
        var patient = WriterFixture.Active(legs: 3);
        patient.Core.LegLost(0, patient.Now);
        patient.Core.LegLost(1, patient.Now);
        patient.Core.LegLost(2, patient.Now);
        var write = patient.Submit(IoOperation.Write);
        patient.Now += TimeSpan.FromDays(1);
        patient.Core.Tick(patient.Now);
        Assert.Null(patient.OutcomeOf(write));
    }

    [Fact]
    public void A_write_that_was_sent_is_in_doubt_and_operations_that_overlap_it_wait_for_its_end()
    {
        var write = Write();
        fixture.End(write, leg: 0);
        fixture.Core.LegLost(1, fixture.Now);
        fixture.Core.LegLost(2, fixture.Now);
        Pass(1.5);
        Pass(10);
        Assert.Equal(OperationOutcome.InDoubt, fixture.OutcomeOf(write));
        Suspension.HoldsFor = null;
        fixture.Renew();
        var again = fixture.Submit(IoOperation.Write);
        var read = fixture.Submit(IoOperation.Read);
        Assert.DoesNotContain(again, fixture.Steps);
        Assert.DoesNotContain(read, fixture.Steps);
        fixture.AnswerRequests();
        Assert.Equal(MemberSet.Of(0), fixture.State.InSync);
        Assert.Contains(again, fixture.Steps);
        Assert.Contains(read, fixture.Steps);
        fixture.End(again);
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(again));
    }

    [Fact]
    public void A_write_that_a_leg_works_on_is_not_answered_before_the_leg()
    {
        var write = Write();
        fixture.End(write, leg: 0);
        fixture.Core.LegLost(1, fixture.Now);
        Pass(1.5);
        Pass(20);
        Assert.Null(fixture.OutcomeOf(write));
        fixture.End(write, leg: 2);
        Assert.Equal(OperationOutcome.InDoubt, fixture.OutcomeOf(write));
    }

    [Fact]
    public void A_flush_that_was_sent_is_in_doubt()
    {
        var flush = fixture.Submit(IoOperation.Flush);
        fixture.End(fixture.Step<FlushStep>(), leg: 0);
        fixture.Core.LegLost(1, fixture.Now);
        fixture.Core.LegLost(2, fixture.Now);
        Pass(1.5);
        Pass(10);
        Assert.Equal(OperationOutcome.InDoubt, fixture.OutcomeOf(flush));
    }

    [Fact]
    public void On_error_operations_are_answered_at_once()
    {
        Suspension.HoldsFor = TimeSpan.Zero;
        LoseAllLegs();
        Assert.Equal(OperationOutcome.Suspended, fixture.OutcomeOf(fixture.Submit(IoOperation.Read)));
    }

    [Fact]
    public void With_too_few_legs_in_sync_a_write_is_not_acknowledged()
    {
        var least = WriterFixture.Active(legs: 3, policy: TenSeconds with { MinInSync = 2 });
        var write = least.Submit(IoOperation.Write);
        least.Settle();
        least.End(write, leg: 0);
        least.Core.LegLost(1, least.Now);
        least.Core.LegLost(2, least.Now);
        least.AnswerRequests();
        Assert.Equal(MemberSet.Of(0), least.State.InSync);
        Assert.Null(least.OutcomeOf(write));
        Assert.Equal(SuspendReason.BelowMinInSync, least.Core.Suspension.Reason);
        Assert.Equal(MemberSet.Of(1) | MemberSet.Of(2), least.Core.Suspension.MissingLegs);
        var flush = least.Submit(IoOperation.Flush);
        var read = least.Submit(IoOperation.Read, region: 70);
        Assert.DoesNotContain(read, least.Steps);
        Return(least, 1);
        Assert.Equal(OperationOutcome.Ok, least.OutcomeOf(write));
        Assert.Null(least.Core.Suspension.Reason);
        least.End(least.Step<FlushStep>());
        Assert.Equal(OperationOutcome.Ok, least.OutcomeOf(flush));
        Assert.Contains(read, least.Steps);
    }

    [Fact]
    public void A_write_that_waits_for_legs_in_sync_is_in_doubt_after_the_deadline()
    {
        var least = WriterFixture.Active(legs: 2, policy: TenSeconds with { MinInSync = 2 });
        var write = least.Submit(IoOperation.Write);
        least.Settle();
        least.End(write, leg: 0);
        least.Core.LegLost(1, least.Now);
        least.AnswerRequests();
        least.Now += TimeSpan.FromSeconds(11);
        least.Core.Tick(least.Now);
        Assert.Equal(OperationOutcome.InDoubt, least.OutcomeOf(write));
    }

    [Fact]
    public void A_suspension_outlasts_the_take_over_that_tries_to_end_it()
    {
        LoseAllLegs();
        var since = Suspension.Since;
        var next = new WriterFixture(legs: 3, policy: TenSeconds) { Now = fixture.Now };
        next.Core.Continue(fixture.Core);
        next.Core.Begin(WriterFixture.Id(6));
        var write = next.Submit(IoOperation.Write);
        Assert.Equal((SuspendReason.NoInSyncLeg, since), (next.Core.Suspension.Reason, next.Core.Suspension.Since));
        next.Now += TimeSpan.FromSeconds(10);
        next.Core.Tick(next.Now);
        Assert.Equal(OperationOutcome.Suspended, next.OutcomeOf(write));
        next.Settle();
        Assert.Null(next.Core.Suspension.Reason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void VM10_After_a_power_failure_a_take_over_serves_without_a_leg_of_S_only_if_it_may(bool serves)
    {
        var policy = new WriterPolicy { ServesAfterPowerLoss = serves, PowerLossTimeout = TimeSpan.FromSeconds(20) };
        var opening = new WriterFixture(policy: policy);
        opening.Core.TakeOver.IsGraceOver = true;
        opening.Core.Begin(WriterFixture.Id(6));
        foreach (var voter in MemberSet.Of(0) | Witness)
        {
            opening.Core.Replied(voter, new WouldPromise(Epoch.None), opening.Now);
        }

        foreach (var voter in MemberSet.Of(0) | Witness)
        {
            var promise = new Promise(opening.State.Epoch, opening.Known, true, IsContinuous: false, default);
            opening.Core.Replied(voter, promise, opening.Now);
        }

        opening.Now += TimeSpan.FromSeconds(19);
        opening.Core.Tick(opening.Now);
        Assert.Equal(SuspendReason.NoInSyncLeg, opening.Core.Suspension.Reason);
        Assert.Equal(MemberSet.Of(1), opening.Core.Suspension.MissingLegs);
        Assert.Null(opening.State.Proposed);
        opening.Now += TimeSpan.FromSeconds(1);
        opening.Core.Tick(opening.Now);
        Assert.Equal(serves, opening.State.Proposed is { IsPowerLost: true, InSync: { Bits: 1 } });
    }

    [Fact]
    public void VR4_A_suspended_writer_releases_its_lease_and_asks_again_after_pauses_that_grow()
    {
        LoseAllLegs();
        var sent = new List<string>();
        for (var second = 0; second < 40; second++)
        {
            Pass(1);
            sent.Add(Suspension.NextLeaseRequest(fixture.Now) switch { Renew => "+", Release => "-", _ => " " });
        }

        Assert.Equal("++++- +-   +-       +-               +-", string.Concat(sent).TrimEnd());
    }

    [Fact]
    public void VR4_The_pauses_go_on_when_the_take_over_begins_again()
    {
        LoseAllLegs();
        Pass(5.5);
        Assert.IsType<Release>(Suspension.NextLeaseRequest(fixture.Now));
        var next = new WriterFixture(legs: 3, policy: TenSeconds) { Now = fixture.Now };
        next.Core.Continue(fixture.Core);
        next.Now += TimeSpan.FromSeconds(1);
        Assert.Null(next.Core.Suspension.NextLeaseRequest(next.Now));
        next.Now += TimeSpan.FromSeconds(1);
        Assert.IsType<Renew>(next.Core.Suspension.NextLeaseRequest(next.Now));
    }

    [Fact]
    public void VR4_A_writer_that_served_meanwhile_releases_its_lease_as_if_for_the_first_time()
    {
        fixture.Core.LegLost(2, fixture.Now);
        Pass(1.5);
        Pass(2.5);
        fixture.Renew();
        Pass(2.5);
        Assert.IsType<Release>(Suspension.NextLeaseRequest(fixture.Now));
        fixture.AnswerRequests();
        fixture.Renew();
        Assert.Null(Suspension.Reason);
        Pass(6);
        Assert.Equal(SuspendReason.NoRecordQuorum, Suspension.Reason);
        Pass(5);
        Assert.IsType<Release>(Suspension.NextLeaseRequest(fixture.Now));
        fixture.Now += TimeSpan.FromSeconds(2);
        Assert.IsType<Renew>(Suspension.NextLeaseRequest(fixture.Now));
    }

    [Fact]
    public void A_volume_that_is_being_closed_holds_nothing_after_its_take_over_begins_again()
    {
        LoseAllLegs();
        Suspension.HoldsFor = TimeSpan.Zero;
        var next = new WriterFixture(legs: 3, policy: TenSeconds) { Now = fixture.Now };
        next.Core.Continue(fixture.Core);
        Assert.Equal(OperationOutcome.Suspended, next.OutcomeOf(next.Submit(IoOperation.Write)));
    }

    [Fact]
    public void With_too_few_legs_in_sync_a_flush_is_not_answered()
    {
        var least = WriterFixture.Active(legs: 3, policy: TenSeconds with { MinInSync = 2 });
        var flush = least.Submit(IoOperation.Flush);
        least.End(least.Step<FlushStep>(), leg: 0);
        least.Core.LegLost(1, least.Now);
        least.Core.LegLost(2, least.Now);
        least.AnswerRequests();
        Assert.Equal(MemberSet.Of(0), least.State.InSync);
        Assert.Null(least.OutcomeOf(flush));
        least.Now += TimeSpan.FromSeconds(11);
        least.Core.Tick(least.Now);
        Assert.Equal(OperationOutcome.InDoubt, least.OutcomeOf(flush));
    }

    private static void Return(WriterFixture fixture, int leg)
    {
        fixture.Settle();
        Assert.True(fixture.Core.Return(leg, fixture.Now));
        fixture.Settle();
        var missed = fixture.State.Legs[leg].Missed;
        fixture.Core.Resync(new RegionRange(0, missed.FindNextClear(0)), fixture.Now);
        fixture.End(fixture.Step<CopyStep>());
        for (var i = 0; i < 5; i++)
        {
            fixture.Settle();
            foreach (var step in fixture.Steps.OfType<FlushStep>().ToArray())
            {
                if (!fixture.State.InSync[leg])
                {
                    fixture.End(step);
                }
            }
        }

        Assert.True(fixture.State.InSync[leg]);
    }

    private void LoseAllLegs()
    {
        fixture.Renew();
        foreach (var leg in MemberSet.FirstMembers(3))
        {
            fixture.Core.LegLost(leg, fixture.Now);
        }
    }

    private ClientOperation Write()
    {
        var write = fixture.Submit(IoOperation.Write);
        fixture.Settle();
        return write;
    }

    private void Pass(double seconds)
    {
        fixture.Now += TimeSpan.FromSeconds(seconds);
        fixture.Core.Tick(fixture.Now);
    }
}

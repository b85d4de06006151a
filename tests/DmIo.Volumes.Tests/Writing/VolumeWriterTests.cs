using DmIo.Io;
using DmIo.Volumes.Maps;
using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Writing;

/// <summary>Writes, flushes, sessions and failures of a writer.</summary>
public sealed class VolumeWriterTests
{
    private readonly WriterFixture fixture = WriterFixture.Active();

    [Fact]
    public void One_mark_serves_all_writes_that_wait()
    {
        fixture.Submit(IoOperation.Write, region: 0);
        fixture.Submit(IoOperation.Write, region: RegionRange.RegionsPerExtent);
        fixture.Submit(IoOperation.Write, region: 2 * RegionRange.RegionsPerExtent);
        fixture.End(Assert.IsType<ActiveStep>(Assert.Single(fixture.Steps)));
        var second = Assert.Single(fixture.Steps.OfType<ActiveStep>());
        Assert.True(second.Extents.ContainsAll(new RegionRange(1, 2)));
        Assert.Single(fixture.Steps.OfType<ClientOperation>());
        fixture.End(second);
        Assert.Equal(3, fixture.Steps.OfType<ClientOperation>().Count());
    }

    [Fact]
    public void A_write_is_acknowledged_when_it_is_done_on_all_of_A()
    {
        var write = Write();
        fixture.End(write, leg: 0);
        Assert.Null(fixture.OutcomeOf(write));
        fixture.End(write, leg: 1);
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(write));
    }

    [Fact]
    public void A_write_that_a_lost_leg_did_not_complete_waits_for_the_record()
    {
        var write = Write();
        fixture.End(write, leg: 0);
        fixture.Core.LegLost(1, fixture.Now);
        Assert.Null(fixture.OutcomeOf(write));
        fixture.AnswerRequests();
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(write));
        Assert.True(fixture.State.Legs[1].Missed.Contains(0));
    }

    [Fact]
    public void A_write_that_the_last_leg_fails_ends_with_an_error_and_is_unresolved()
    {
        fixture.Core.LegLost(1, fixture.Now);
        fixture.AnswerRequests();
        var write = Write();
        fixture.End(write, LegResult.Error);
        Assert.Equal(OperationOutcome.DeviceError, fixture.OutcomeOf(write));
        Assert.True(fixture.State.Unresolved.Contains(0));
        Assert.Equal(MemberSet.Of(0), fixture.State.Live);
    }

    [Fact]
    public void An_error_of_a_leg_that_is_not_the_last_one_removes_it_from_S()
    {
        var write = Write();
        fixture.End(write, LegResult.Error, leg: 1);
        fixture.AnswerRequests();
        Assert.Equal(MemberSet.Of(0), fixture.State.InSync);
    }

    /// <summary>A discard is executed as write zeroes.</summary>
    [Fact]
    public void VR8_A_discard_that_a_leg_fails_waits_for_the_record_without_it()
    {
        var discard = fixture.Submit(IoOperation.WriteZeroes);
        fixture.End(fixture.Step<ActiveStep>());
        fixture.End(discard, leg: 0);
        fixture.End(discard, LegResult.Error, leg: 1);
        Assert.Null(fixture.OutcomeOf(discard));
        Assert.True(fixture.State.Legs[1].Missed.Contains(0));
        fixture.AnswerRequests();
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(discard));
        Assert.Equal(MemberSet.Of(0), fixture.State.InSync);
    }

    /// <summary>The last leg of S stays.</summary>
    [Fact]
    public void VR8_A_discard_that_every_leg_fails_leaves_its_region_unresolved()
    {
        var discard = fixture.Submit(IoOperation.WriteZeroes);
        fixture.End(fixture.Step<ActiveStep>());
        fixture.End(discard, LegResult.Error);
        Assert.Equal(OperationOutcome.DeviceError, fixture.OutcomeOf(discard));
        Assert.True(fixture.State.Unresolved.Contains(0));
        Assert.Equal(MemberSet.Of(1), fixture.State.Live);
    }

    [Fact]
    public void Flushes_that_wait_share_the_next_flush()
    {
        var first = fixture.Submit(IoOperation.Flush);
        var second = fixture.Submit(IoOperation.Flush);
        var third = fixture.Submit(IoOperation.Flush);
        fixture.End(Assert.IsType<FlushStep>(Assert.Single(fixture.Steps)));
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(first));
        Assert.Null(fixture.OutcomeOf(second));
        fixture.End(Assert.IsType<FlushStep>(Assert.Single(fixture.Steps)));
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(second));
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(third));
    }

    [Fact]
    public void A_flush_that_a_leg_fails_waits_for_the_record_without_it()
    {
        var flush = fixture.Submit(IoOperation.Flush);
        var step = fixture.Step<FlushStep>();
        fixture.End(step, leg: 0);
        fixture.End(step, LegResult.Error, leg: 1);
        Assert.Null(fixture.OutcomeOf(flush));
        fixture.AnswerRequests();
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(flush));
    }

    [Fact]
    public void A_session_is_open_when_its_record_is_chosen()
    {
        Assert.Equal(1UL, fixture.Core.OpenSession(fixture.Now));
        Assert.Equal(0UL, fixture.State.Chosen.Session);
        fixture.AnswerRequests();
        Assert.Equal(1UL, fixture.State.Chosen.Session);
    }

    /// <summary>The write may have taken effect before the other writer served, and may have been replaced.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_write_is_not_repeated_after_another_writer_may_have_served(bool wasReplaced)
    {
        var known = new WriterFixture().Known;
        var other = known with { Version = new RecordVersion(new Epoch(3, WriterFixture.Id(9)), 1) };
        var next = new WriterFixture { Newest = wasReplaced ? other : known };
        var write = new ClientOperation(IoOperation.Write, new RegionRange(0, 1), default, session: 0)
        {
            RepeatedFrom = known.Version.Epoch,
        };
        next.Core.Submit(write, next.Now);
        next.Core.Begin(WriterFixture.Id(6));
        next.Settle();
        Assert.Equal(wasReplaced ? OperationOutcome.InDoubt : null, next.OutcomeOf(write));
    }

    [Fact]
    public void A_writer_that_takes_over_fences_the_operations_of_sessions_before_that_of_the_record()
    {
        var next = WriterFixture.Active(session: 5);
        Assert.Equal(OperationOutcome.Fenced, next.OutcomeOf(next.Submit(IoOperation.Write, session: 4)));
        Assert.Null(next.OutcomeOf(next.Submit(IoOperation.Write, session: 5)));
    }

    [Fact]
    public void A_later_session_fences_the_operations_of_an_earlier_one_also_held_ones()
    {
        fixture.Core.OpenSession(fixture.Now);
        fixture.AnswerRequests();
        var held = fixture.Submit(IoOperation.Write, session: 1);
        fixture.Core.OpenSession(fixture.Now);
        fixture.Settle();
        Assert.Equal(OperationOutcome.Fenced, fixture.OutcomeOf(held));
        Assert.Equal(OperationOutcome.Fenced, fixture.OutcomeOf(fixture.Submit(IoOperation.Write, session: 1)));
        var current = fixture.Submit(IoOperation.Write, session: 2);
        fixture.End(current);
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(current));
    }

    [Fact]
    public void A_writer_without_a_quorum_that_follows_it_is_fenced()
    {
        var write = Write();
        var held = fixture.Submit(IoOperation.Write, region: RegionRange.RegionsPerExtent);
        var higher = new Epoch(fixture.State.Epoch.Round + 1, WriterFixture.Id(9));
        fixture.Core.Replied(1, new Refused(higher, TimeSpan.Zero), fixture.Now);
        Assert.False(fixture.State.IsFenced);
        fixture.Core.Replied(WriterFixture.WitnessMember, new Refused(higher, TimeSpan.Zero), fixture.Now);
        Assert.True(fixture.State.IsFenced);
        Assert.Equal(OperationOutcome.InDoubt, fixture.OutcomeOf(write));
        Assert.Equal(OperationOutcome.Fenced, fixture.OutcomeOf(held));
        Assert.Equal(OperationOutcome.Fenced, fixture.OutcomeOf(fixture.Submit(IoOperation.Read)));
    }

    [Fact]
    public void A_write_waits_for_a_record_that_is_not_clean()
    {
        fixture.Core.Clean(fixture.Now);
        fixture.AnswerRequests();
        Assert.True(fixture.State.Chosen.IsClean);
        var write = fixture.Submit(IoOperation.Write);
        Assert.Empty(fixture.Steps);
        fixture.Settle();
        Assert.False(fixture.State.Chosen.IsClean);
        Assert.Same(write, fixture.Step<ClientOperation>());
    }

    [Fact]
    public void A_stop_is_in_the_clean_record_and_never_in_an_earlier_one()
    {
        var write = fixture.Submit(IoOperation.Write);
        fixture.Core.Clean(fixture.Now, stops: true);
        fixture.Settle();
        fixture.End(fixture.Step<ClientOperation>());
        Assert.Equal(OperationOutcome.Ok, fixture.OutcomeOf(write));
        Assert.False(fixture.State.Chosen.IsStopped);

        fixture.Core.Cool(fixture.State.ActiveExtents(), fixture.Now);
        fixture.End(fixture.Step<FlushStep>());
        fixture.Settle();

        Assert.True(fixture.State.Chosen is { IsClean: true, IsStopped: true });
    }

    [Fact]
    public void A_volume_that_is_clean_already_is_stopped_by_another_record()
    {
        fixture.Core.Clean(fixture.Now);
        fixture.Settle();
        Assert.True(fixture.State.Chosen is { IsClean: true, IsStopped: false });

        fixture.Core.Clean(fixture.Now, stops: true);
        fixture.Settle();

        Assert.True(fixture.State.Chosen is { IsClean: true, IsStopped: true });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stopped_volume_is_taken_over_only_by_a_start(bool isStart)
    {
        var stopped = new WriterFixture(isStopped: true);
        stopped.Core.TakeOver.StartsStopped = isStart;

        stopped.Core.Begin(WriterFixture.Id(6));
        stopped.Settle();

        Assert.Equal(isStart, stopped.State.IsActive);
        Assert.Equal(!isStart, stopped.Core.TakeOver.IsStopped);
        Assert.Equal(!isStart, stopped.State.Chosen.IsStopped);
    }

    [Fact]
    public void A_write_after_a_clean_proposal_that_was_replaced_waits_for_the_next_record()
    {
        fixture.Core.Clean(fixture.Now);
        fixture.Core.LegLost(1, fixture.Now);
        Assert.False(fixture.State.Proposed!.IsClean);
        fixture.Submit(IoOperation.Write);
        Assert.Empty(fixture.Steps);
        fixture.AnswerRequests();
        Assert.Single(fixture.Steps.OfType<ActiveStep>());
    }

    [Fact]
    public void VM12_A_leg_is_not_used_again_before_a_record_without_it_is_chosen()
    {
        fixture.Core.LegLost(1, fixture.Now);
        fixture.Core.Replied(1, new Detached(fixture.State.Epoch, 1), fixture.Now);
        Assert.False(fixture.Core.Return(1, fixture.Now));
        fixture.AnswerRequests();
        Assert.True(fixture.Core.Return(1, fixture.Now));
    }

    [Fact]
    public void A_leg_is_not_attached_again_before_its_last_attachment_was_cut()
    {
        fixture.Core.LegLost(1, fixture.Now);
        var record = fixture.State.Proposed!;
        fixture.Core.Replied(0, new Accepted(record.Version), fixture.Now);
        fixture.Core.Replied(WriterFixture.WitnessMember, new Accepted(record.Version), fixture.Now);
        Assert.IsType<Detach>(fixture.Core.LegRequestTo(1));
        Assert.False(fixture.Core.Return(1, fixture.Now));
    }

    [Fact]
    public void The_growth_of_S_waits_for_writes_that_were_sent_before_and_for_a_flush()
    {
        var one = WriterFixture.Active(inSync: MemberSet.Of(0));
        Assert.True(one.Core.Return(1, one.Now));
        one.AnswerRequests();
        one.Core.MapsRead(1, WriterFixture.Empty(), one.Now);
        one.End(one.Step<MissedStep>());
        one.AnswerRequests();
        Assert.Equal(MemberSet.Of(1), one.State.Syncing);
        var given = one.Step<MissedStep>();
        var write = one.Submit(IoOperation.Write);
        one.End(one.Step<ActiveStep>());
        one.End(given);
        Assert.Equal(MemberSet.FirstMembers(2), one.State.Acknowledgment);
        Assert.Empty(one.Steps.OfType<FlushStep>());
        one.End(write);
        Assert.Null(one.State.Proposed);
        one.End(one.Step<FlushStep>());
        Assert.Equal(MemberSet.FirstMembers(2), one.State.Proposed!.InSync);
    }

    [Fact]
    public void A_leg_can_return_while_the_record_is_clean()
    {
        var one = WriterFixture.Active(inSync: MemberSet.Of(0));
        one.Core.Clean(one.Now);
        one.Settle();
        Assert.True(one.State.Chosen.IsClean);
        one.Core.Return(1, one.Now);
        one.Settle();
        one.End(one.Step<FlushStep>());
        one.Settle();
        Assert.Equal(MemberSet.FirstMembers(2), one.State.InSync);
    }

    [Fact]
    public void The_missed_maps_of_a_leg_that_cannot_be_read_miss_everything()
    {
        var taking = new WriterFixture(inSync: MemberSet.Of(0));
        taking.Maps[0] = null;
        taking.Core.Begin(WriterFixture.Id(6));
        taking.Settle();
        Assert.Equal(taking.State.Regions, taking.State.Legs[1].Missed.Count);
        Assert.Equal(taking.State.Regions, taking.State.Unresolved.Count);
    }

    /// <summary>A write in flight on both legs.</summary>
    private ClientOperation Write()
    {
        var write = fixture.Submit(IoOperation.Write);
        fixture.End(fixture.Step<ActiveStep>());
        return write;
    }
}

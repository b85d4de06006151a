using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using DmIo.Volumes.Voters;
using Xunit;
using static DmIo.Volumes.Tests.Voters.VoterFixture;

namespace DmIo.Volumes.Tests.Voters;

/// <summary>The replies of a voter, and what is durable before them.</summary>
public sealed class VoterTests
{
    private readonly VoterFixture fixture = new();

    [Fact]
    public void VR2_A_pre_vote_changes_nothing()
    {
        Assert.Equal(new WouldPromise(Epoch.None), fixture.Ask(new PreVote(EpochOf(7), OwnerA)));
        Assert.False(fixture.IsWriting);
        Assert.Equal(Epoch.None, fixture.Voter.Fence);
    }

    [Fact]
    public void A_promise_is_answered_when_it_is_durable()
    {
        Assert.IsType<Waiting>(fixture.Ask(new Prepare(EpochOf(1), OwnerA)));
        Assert.IsType<Waiting>(fixture.Ask(new Prepare(EpochOf(1), OwnerA)));
        fixture.Written();
        Assert.Equal(
            new Promise(EpochOf(1), First, IsDrained: true, IsContinuous: true, FirstIncarnation),
            fixture.Ask(new Prepare(EpochOf(1), OwnerA)));
        Assert.Equal(EpochOf(1), fixture.Voter.Durable.Promised);
    }

    [Fact]
    public void VR5_A_repeated_prepare_gets_the_same_promise()
    {
        var first = fixture.AskAndWrite(new Prepare(EpochOf(2), OwnerA));
        Assert.Equal(first, fixture.Ask(new Prepare(EpochOf(2), OwnerA)));
    }

    [Fact]
    public void VR5_A_lower_prepare_is_refused()
    {
        fixture.AskAndWrite(new Prepare(EpochOf(2), OwnerA));
        Assert.Equal(new Refused(EpochOf(2), TimeSpan.Zero), fixture.Ask(new Prepare(EpochOf(1), OwnerB)));
    }

    [Fact]
    public void An_accept_below_the_promise_is_refused()
    {
        fixture.AskAndWrite(new Prepare(EpochOf(2), OwnerA));
        Assert.IsType<Refused>(fixture.Ask(new Accept(RecordOf(1))));
        Assert.Equal(First, fixture.Voter.Durable.Record);
    }

    [Fact]
    public void An_accept_is_answered_when_it_is_durable()
    {
        Assert.IsType<Waiting>(fixture.Ask(new Accept(RecordOf(1))));
        fixture.Written();
        Assert.Equal(new Accepted(RecordOf(1).Version), fixture.Ask(new Accept(RecordOf(1))));
        Assert.Equal(EpochOf(1), fixture.Voter.Durable.Promised);
    }

    [Fact]
    public void An_accept_below_the_accepted_record_changes_nothing()
    {
        fixture.AskAndWrite(new Accept(RecordOf(1, 2)));
        Assert.Null(fixture.Ask(new Accept(RecordOf(1, 1))));
        Assert.Equal(RecordOf(1, 2), fixture.Voter.Durable.Record);
    }

    [Fact]
    public void A_record_of_another_lineage_is_not_followed()
    {
        var child = RecordOf(1) with { Lineage = OwnerB, ParentLineage = RecordOf(1).Lineage };
        Assert.Null(fixture.AskAndWrite(new Accept(child)));
        Assert.Equal(RecordOf(1).Lineage, fixture.Voter.Durable.Record.Lineage);
    }

    [Fact]
    public void A_voter_that_was_removed_does_not_answer_for_the_one_that_has_its_number_now()
    {
        var slots = RecordOf(2).Configuration.Slots;
        var other = RecordOf(2) with
        {
            Configuration = new VolumeConfiguration(
                RecordOf(2).Configuration.Rule, slots.SetItem(0, slots[0] with { Id = Guid.NewGuid() })),
        };
        Assert.Equal(fixture.Voter.Durable.Member, slots[0].Member);
        Assert.Null(fixture.AskAndWrite(new Accept(other)));
        Assert.IsType<Accepted>(fixture.AskAndWrite(new Accept(RecordOf(2))));
    }

    [Theory]
    [InlineData(LegState.InSync, 0, LegState.InSync)]
    [InlineData(LegState.InSync, 1, LegState.Outdated)]
    [InlineData(LegState.Inconsistent, 0, LegState.InSync)]
    [InlineData(LegState.Inconsistent, 1, LegState.Inconsistent)]
    [InlineData(LegState.Blank, 0, LegState.Blank)]
    [InlineData(LegState.Blank, 1, LegState.Blank)]
    [InlineData(LegState.None, 0, LegState.None)]
    public void The_state_of_the_leg_follows_the_accepted_record(LegState before, int inSync, LegState after)
    {
        var voter = new VoterFixture(durable: new VoterState { Member = 0, Record = First, Leg = before });
        voter.AskAndWrite(new Accept(RecordOf(1) with { InSync = MemberSet.Of(inSync) }));
        Assert.Equal(after, voter.Voter.Durable.Leg);
    }

    [Fact]
    public void A_leg_that_returns_twice_is_marked_each_time()
    {
        var voter = new VoterFixture(durable: new VoterState { Member = 0, Record = First, Leg = LegState.Outdated });
        foreach (var attempt in new[] { 1, 2 })
        {
            var outside = RecordOf(1, (ulong)(2 * attempt)) with { InSync = MemberSet.Of(1) };
            voter.AskAndWrite(new Accept(outside));
            voter.AskAndWrite(new Attach(EpochOf(1), attempt, Guid.Empty));
            Assert.IsType<Waiting>(voter.Ask(new Mark(EpochOf(1), attempt, LegState.Inconsistent)));
            voter.Written();
            Assert.Equal(LegState.Inconsistent, voter.Voter.Durable.Leg);
            voter.AskAndWrite(new Accept(RecordOf(1, (ulong)(2 * attempt) + 1)));
            voter.AskAndWrite(new Detach(EpochOf(1), attempt));
            voter.Drained();
        }
    }

    [Fact]
    public void A_promise_waits_until_the_granted_leg_is_drained()
    {
        fixture.Grant(1, 1);
        Assert.IsType<Waiting>(fixture.AskAndWrite(new Prepare(EpochOf(2), OwnerB)));
        Assert.True(fixture.IsDraining);
        fixture.Drained();
        Assert.IsType<Promise>(fixture.AskAndWrite(new Prepare(EpochOf(2), OwnerB)));
    }

    [Fact]
    public void An_accept_above_the_promise_waits_until_the_leg_is_drained()
    {
        fixture.Grant(1, 1);
        Assert.IsType<Waiting>(fixture.AskAndWrite(new Accept(RecordOf(2))));
        fixture.Drained();
        Assert.IsType<Accepted>(fixture.AskAndWrite(new Accept(RecordOf(2))));
    }

    /// <summary>After a repeated request: the fence was raised by the first one.</summary>
    [Fact]
    public void A_repeated_accept_above_the_promise_waits_until_the_leg_is_drained()
    {
        fixture.Grant(1, 1);
        fixture.AskAndWrite(new Accept(RecordOf(2)));
        Assert.IsType<Waiting>(fixture.AskAndWrite(new Accept(RecordOf(2))));
        Assert.Equal(RecordOf(1), fixture.Voter.Durable.Record);
    }

    /// <summary>The next process uses a leg that cannot be fenced if its record is clean.</summary>
    [Fact]
    public void A_clean_record_is_accepted_when_the_leg_is_drained()
    {
        fixture.Grant(1, 1);
        fixture.AskAndWrite(new Detach(EpochOf(1), 1));
        var clean = RecordOf(1, 2) with { InSync = MemberSet.Of(1), IsClean = true };
        Assert.IsType<Waiting>(fixture.AskAndWrite(new Accept(clean)));
        Assert.False(fixture.Voter.Durable.Record.IsClean);
        fixture.Drained();
        Assert.IsType<Accepted>(fixture.AskAndWrite(new Accept(clean)));
    }

    [Fact]
    public void VR3_A_leg_that_does_not_drain_in_time_is_promised_as_undrained()
    {
        fixture.Grant(1, 1);
        Assert.IsType<Waiting>(fixture.Ask(new Prepare(EpochOf(2), OwnerB)));
        fixture.Voter.DrainLimitPassed();
        var promise = Assert.IsType<Promise>(fixture.AskAndWrite(new Prepare(EpochOf(2), OwnerB)));
        Assert.False(promise.IsDrained);
        fixture.Drained();
        promise = Assert.IsType<Promise>(fixture.AskAndWrite(new Prepare(EpochOf(2), OwnerB)));
        Assert.True(promise.IsDrained);
    }

    [Fact]
    public void VR9_A_promise_after_a_restart_waits_for_the_old_process()
    {
        var restarted = new VoterFixture(isDrained: false);
        Assert.IsType<Waiting>(restarted.AskAndWrite(new Prepare(EpochOf(1), OwnerA)));
        restarted.Drained();
        Assert.IsType<Promise>(restarted.AskAndWrite(new Prepare(EpochOf(1), OwnerA)));
    }

    [Fact]
    public void A_restarted_voter_keeps_its_promise()
    {
        fixture.AskAndWrite(new Prepare(EpochOf(5), OwnerA));
        var restarted = new VoterFixture(durable: fixture.Voter.Durable);
        Assert.IsType<Refused>(restarted.Ask(new Prepare(EpochOf(4), OwnerB)));
    }

    [Fact]
    public void A_voter_that_cannot_write_answers_nothing_more()
    {
        fixture.Ask(new Prepare(EpochOf(1), OwnerA));
        fixture.Written(isOk: false);
        Assert.True(fixture.Voter.IsFailed);
        Assert.Null(fixture.Ask(new Prepare(EpochOf(1), OwnerA)));
        Assert.Null(fixture.Ask(new PreVote(EpochOf(1), OwnerA)));
    }

    [Fact]
    public void A_leg_is_granted_only_after_its_voter_holds_a_record_of_the_epoch()
    {
        fixture.AskAndWrite(new Prepare(EpochOf(1), OwnerA));
        Assert.IsType<Waiting>(fixture.AskAndWrite(new Attach(EpochOf(1), 1, Guid.Empty)));
        Assert.Equal(0UL, fixture.Generation);
    }

    [Fact]
    public void The_generation_grows_durably_with_each_grant()
    {
        fixture.Grant(1, 1);
        Assert.Equal(1UL, fixture.Generation);
        Assert.IsType<Waiting>(fixture.AskAndWrite(new Attach(EpochOf(1), 2, Guid.Empty)));
        fixture.Drained();
        Assert.IsType<Waiting>(fixture.Ask(new Attach(EpochOf(1), 2, Guid.Empty)));
        Assert.Equal(1UL, fixture.Generation);
        fixture.Written();
        Assert.Equal(new Granted(EpochOf(1), 2, 2), fixture.Ask(new Attach(EpochOf(1), 2, Guid.Empty)));
        Assert.Equal(2UL, fixture.Generation);
    }

    [Fact]
    public void A_repeated_attach_gets_the_same_grant()
    {
        fixture.Grant(1, 1);
        Assert.Equal(new Granted(EpochOf(1), 1, 1), fixture.AskAndWrite(new Attach(EpochOf(1), 1, Guid.Empty)));
    }

    [Fact]
    public void VM9_An_attach_with_the_incarnation_of_an_older_promise_is_refused()
    {
        fixture.AskAndWrite(new Prepare(EpochOf(1), OwnerA));
        fixture.AskAndWrite(new Accept(RecordOf(1)));
        Assert.IsType<AttachRefused>(fixture.AskAndWrite(new Attach(EpochOf(1), 1, OwnerB)));
    }

    [Fact]
    public void A_detached_attachment_is_never_granted_again()
    {
        fixture.Grant(1, 1);
        Assert.IsType<Waiting>(fixture.Ask(new Detach(EpochOf(1), 1)));
        fixture.Drained();
        Assert.Equal(new Detached(EpochOf(1), 1), fixture.Ask(new Detach(EpochOf(1), 1)));
        Assert.IsType<AttachRefused>(fixture.AskAndWrite(new Attach(EpochOf(1), 1, Guid.Empty)));
    }

    [Fact]
    public void A_late_detach_does_not_cut_a_newer_attachment()
    {
        fixture.Grant(1, 1);
        fixture.Ask(new Detach(EpochOf(1), 1));
        fixture.Drained();
        fixture.AskAndWrite(new Attach(EpochOf(1), 2, Guid.Empty));
        Assert.IsType<Detached>(fixture.Ask(new Detach(EpochOf(1), 1)));
        Assert.False(fixture.IsDraining);
    }

    [Fact]
    public void A_mark_is_answered_when_the_state_of_the_leg_is_durable()
    {
        fixture.Grant(1, 1);
        Assert.IsType<Waiting>(fixture.Ask(new Mark(EpochOf(1), 1, LegState.Inconsistent)));
        fixture.Written();
        Assert.IsType<Marked>(fixture.Ask(new Mark(EpochOf(1), 1, LegState.Inconsistent)));
        Assert.Equal(LegState.Inconsistent, fixture.Voter.Durable.Leg);
    }

    [Fact]
    public void A_mark_of_an_attachment_that_was_cut_is_refused()
    {
        fixture.Grant(1, 1);
        fixture.Ask(new Detach(EpochOf(1), 1));
        Assert.IsType<Refused>(fixture.Ask(new Mark(EpochOf(1), 1, LegState.Inconsistent)));
    }

    [Fact]
    public void VM8_A_failure_is_answered_when_the_end_of_the_continuity_is_durable()
    {
        fixture.Grant(1, 1);
        Assert.False(fixture.Voter.EndContinuity(OwnerB));
        fixture.Written();
        Assert.True(fixture.Voter.EndContinuity(OwnerB));
        var promise = fixture.AskAndWrite(new Prepare(EpochOf(2), OwnerA));
        Assert.IsType<Waiting>(promise);
        fixture.Drained();
        var answer = Assert.IsType<Promise>(fixture.AskAndWrite(new Prepare(EpochOf(2), OwnerA)));
        Assert.False(answer.IsContinuous);
        Assert.Equal(OwnerB, answer.Incarnation);
    }

    [Fact]
    public void A_leg_whose_file_was_truncated_is_blank_until_a_writer_begins_to_copy_to_it()
    {
        fixture.Grant(1, 1);
        Assert.False(fixture.Voter.EndContinuity(OwnerB));
        fixture.Written();
        Assert.False(fixture.Voter.EndContinuity(OwnerB, isTruncated: true));
        fixture.Written();
        Assert.True(fixture.Voter.EndContinuity(OwnerB, isTruncated: true));
        fixture.AskAndWrite(new Accept(RecordOf(1, 2)));
        fixture.AskAndWrite(new Prepare(EpochOf(2), OwnerA));
        fixture.Drained();
        Assert.True(Assert.IsType<Promise>(fixture.AskAndWrite(new Prepare(EpochOf(2), OwnerA))).IsBlank);
        fixture.AskAndWrite(new Accept(RecordOf(2) with { InSync = MemberSet.Of(1) }));
        fixture.AskAndWrite(new Attach(EpochOf(2), 1, Guid.Empty));
        fixture.AskAndWrite(new Mark(EpochOf(2), 1, LegState.Inconsistent));
        Assert.Equal(LegState.Inconsistent, fixture.Voter.Durable.Leg);
    }

    [Fact]
    public void A_leg_that_is_too_small_becomes_blank_when_a_record_without_it_is_accepted()
    {
        fixture.Voter.IsTooSmall = true;
        Assert.True(Assert.IsType<Promise>(fixture.AskAndWrite(new Prepare(EpochOf(1), OwnerA))).IsBlank);
        fixture.AskAndWrite(new Accept(RecordOf(1)));
        Assert.Equal(LegState.InSync, fixture.Voter.Durable.Leg);
        fixture.AskAndWrite(new Accept(RecordOf(1, 2) with { InSync = MemberSet.Of(1) }));
        Assert.Equal(LegState.Blank, fixture.Voter.Durable.Leg);
        fixture.AskAndWrite(new Attach(EpochOf(1), 1, Guid.Empty));
        fixture.AskAndWrite(new Mark(EpochOf(1), 1, LegState.Inconsistent));
        fixture.AskAndWrite(new Accept(RecordOf(1, 3) with { InSync = MemberSet.Of(1) }));
        Assert.Equal(LegState.Inconsistent, fixture.Voter.Durable.Leg);
    }

    [Fact]
    public void A_grant_begins_the_continuity_of_the_leg_durably()
    {
        fixture.Voter.EndContinuity(OwnerB);
        fixture.Written();
        fixture.Grant(1, 1);
        Assert.False(fixture.Voter.Durable.IsContinuityEnded);
    }
}

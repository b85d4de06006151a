using DmIo.Volumes.Protocol;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Writing;

/// <summary>Voters are added and removed by two records, of which the first needs the old and the new voters.</summary>
public sealed class VoterChangeTests
{
    private readonly WriterFixture fixture = WriterFixture.Active();

    [Fact]
    public void A_leg_that_is_added_misses_everything_and_returns_like_another_one()
    {
        fixture.Maps[1] = WriterFixture.Empty();
        Assert.True(fixture.Core.AddVoter(WriterFixture.Id(9), 2, isWitness: false, fixture.Now));
        fixture.Settle();
        Assert.Equal(MemberSet.FirstMembers(3), fixture.State.Chosen.Configuration.Legs);
        Assert.False(fixture.State.Chosen.Configuration.IsJoint);
        Assert.Equal(fixture.State.Regions, fixture.State.Legs[2].Missed.Count);
        Assert.True(fixture.Core.Return(2, fixture.Now));
    }

    [Fact]
    public void A_leg_that_was_removed_does_not_count_for_the_one_that_has_its_number_now()
    {
        var taking = WriterFixture.Preparing();
        var epoch = taking.State.Epoch;
        var slots = taking.Known.Configuration.Slots;
        var newer = taking.Known with
        {
            Version = taking.Known.Version with { Number = taking.Known.Version.Number + 1 },
            Configuration = new VolumeConfiguration(
                taking.Known.Configuration.Rule, slots.SetItem(0, slots[0] with { Id = Guid.NewGuid() })),
        };
        taking.Core.Replied(
            0, new Promise(epoch, taking.Known, IsDrained: true, IsContinuous: true, WriterFixture.Id(7)), taking.Now);
        taking.Core.Replied(
            1, new Promise(epoch, newer, IsDrained: true, IsContinuous: true, WriterFixture.Id(8)), taking.Now);
        Assert.False(taking.Core.TakeOver.Promised[0]);
        Assert.False(taking.State.Proposed?.InSync[0] ?? false);
    }

    [Fact]
    public void A_change_is_not_chosen_by_the_old_voters_alone()
    {
        fixture.Core.AddVoter(WriterFixture.Id(9), 9, isWitness: true, fixture.Now);
        var proposed = fixture.State.Proposed!;
        Assert.True(proposed.Configuration.IsJoint);
        Accept(proposed, 0);
        Accept(proposed, 1);
        Assert.Same(proposed, fixture.State.Proposed);
        Accept(proposed, 9);
        Assert.Equal(proposed, fixture.State.Chosen);
    }

    [Fact]
    public void A_leg_leaves_the_in_sync_set_before_it_is_removed()
    {
        Assert.True(fixture.Core.RemoveVoter(0, fixture.Now));
        Assert.Equal(MemberSet.Of(1), fixture.State.Proposed!.InSync);
        Assert.False(fixture.State.Proposed.Configuration.IsJoint);
        fixture.Settle();
        Assert.Equal(MemberSet.Of(1), fixture.State.Chosen.Configuration.Legs);
        Assert.False(fixture.Core.Return(0, fixture.Now));
    }

    [Fact]
    public void A_leg_that_a_change_removes_does_not_return_while_the_change_lasts()
    {
        fixture.Core.RemoveVoter(0, fixture.Now);
        Accept(fixture.State.Proposed!, 1);
        Accept(fixture.State.Proposed!, WriterFixture.WitnessMember);
        var joint = fixture.State.Proposed!;
        Assert.True(joint.Configuration.IsJoint);
        Accept(joint, 1);
        Accept(joint, WriterFixture.WitnessMember);
        Assert.Equal(joint, fixture.State.Chosen);
        fixture.State.Removing = MemberSet.None;
        Assert.False(fixture.Core.Return(0, fixture.Now));
    }

    [Fact]
    public void The_last_leg_in_sync_cannot_be_removed()
    {
        var single = WriterFixture.Active(inSync: MemberSet.Of(0));
        Assert.False(single.Core.RemoveVoter(0, single.Now));
        Assert.True(single.Core.RemoveVoter(1, single.Now));
    }

    [Fact]
    public void One_change_is_made_at_a_time()
    {
        Assert.True(fixture.Core.RemoveVoter(WriterFixture.WitnessMember, fixture.Now));
        Assert.False(fixture.Core.AddVoter(WriterFixture.Id(9), 2, isWitness: false, fixture.Now));
        fixture.Settle();
        Assert.True(fixture.Core.AddVoter(WriterFixture.Id(9), 2, isWitness: false, fixture.Now));
    }

    [Theory]
    [InlineData(2, 0, QuorumRule.InSync)]
    [InlineData(2, 1, QuorumRule.Majority)]
    [InlineData(3, 0, QuorumRule.Majority)]
    [InlineData(1, 0, QuorumRule.Majority)]
    public void The_in_sync_rule_is_for_two_legs_without_a_witness(int legs, int witnesses, QuorumRule rule)
    {
        var configuration = VolumeConfiguration.Of(
            QuorumRule.InSync,
            [.. Enumerable.Range(0, legs).Select(WriterFixture.Id)],
            [.. Enumerable.Range(10, witnesses).Select(WriterFixture.Id)]);
        Assert.Equal(rule, configuration.RuleOf(configuration.New));
    }

    private void Accept(VolumeRecord record, int member) =>
        fixture.Core.Replied(member, new Accepted(record.Version), fixture.Now);
}

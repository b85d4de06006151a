using DmIo.Volumes.Protocol;
using Xunit;
using static DmIo.Volumes.Tests.Voters.VoterFixture;

namespace DmIo.Volumes.Tests.Voters;

/// <summary>The read leases of a voter.</summary>
public sealed class VoterLeaseTests
{
    private readonly VoterFixture fixture = new();

    public VoterLeaseTests() => fixture.AskAndWrite(new Prepare(EpochOf(1), OwnerA));

    [Fact]
    public void A_lease_refuses_other_writers_and_tells_how_long()
    {
        Renew(1);
        fixture.Now += TimeSpan.FromSeconds(2);
        var remaining = VolumeTiming.Lease - TimeSpan.FromSeconds(2);
        Assert.Equal(new Refused(EpochOf(1), remaining), fixture.Ask(new PreVote(EpochOf(2), OwnerB)));
        Assert.Equal(new Refused(EpochOf(1), remaining), fixture.Ask(new Prepare(EpochOf(2), OwnerB)));
        Assert.Equal(EpochOf(1), fixture.Voter.Fence);
    }

    [Fact]
    public void VR2_A_lease_does_not_refuse_its_own_holder()
    {
        Renew(1);
        Assert.IsType<Promise>(fixture.AskAndWrite(new Prepare(EpochOf(2), OwnerA)));
    }

    [Fact]
    public void A_lease_ends_by_time()
    {
        Renew(1);
        fixture.Now += VolumeTiming.Lease;
        Assert.IsType<Promise>(fixture.AskAndWrite(new Prepare(EpochOf(2), OwnerB)));
    }

    [Fact]
    public void A_renewal_below_the_promise_is_refused()
    {
        fixture.AskAndWrite(new Prepare(EpochOf(2), OwnerB));
        Assert.IsType<Refused>(fixture.Ask(new Renew(EpochOf(1), OwnerA, 1)));
    }

    [Fact]
    public void A_release_ends_the_lease()
    {
        Renew(1);
        Assert.Null(fixture.Ask(new Release(EpochOf(1), OwnerA, 1)));
        Assert.IsType<WouldPromise>(fixture.Ask(new PreVote(EpochOf(2), OwnerB)));
    }

    [Fact]
    public void VR1_A_late_release_does_not_end_a_newer_lease()
    {
        Renew(1);
        Renew(2);
        fixture.Ask(new Release(EpochOf(1), OwnerA, 1));
        Assert.IsType<Refused>(fixture.Ask(new PreVote(EpochOf(2), OwnerB)));
    }

    [Fact]
    public void VR1_A_late_renewal_does_not_bring_a_released_lease_back()
    {
        Renew(1);
        fixture.Ask(new Release(EpochOf(1), OwnerA, 2));
        Assert.IsType<Refused>(fixture.Ask(new Renew(EpochOf(1), OwnerA, 2)));
        Assert.IsType<WouldPromise>(fixture.Ask(new PreVote(EpochOf(2), OwnerB)));
    }

    [Fact]
    public void A_release_of_another_writer_changes_nothing()
    {
        Renew(1);
        fixture.Ask(new Release(EpochOf(1), OwnerB, 9));
        Assert.IsType<Refused>(fixture.Ask(new PreVote(EpochOf(2), OwnerB)));
    }

    [Fact]
    public void A_restarted_voter_waits_for_one_lease()
    {
        var restarted = new VoterFixture(leaseEnd: TimeSpan.FromMinutes(1) + VolumeTiming.Lease);
        Assert.IsType<Refused>(restarted.Ask(new Prepare(EpochOf(9), OwnerA)));
        restarted.Now += VolumeTiming.Lease;
        Assert.IsType<Promise>(restarted.AskAndWrite(new Prepare(EpochOf(9), OwnerA)));
    }

    private void Renew(ulong counter) =>
        Assert.Equal(new Leased(EpochOf(1), counter), fixture.Ask(new Renew(EpochOf(1), OwnerA, counter)));
}

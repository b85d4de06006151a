using DmIo.Volumes.Record;
using DmIo.Volumes.Sync;
using DmIo.Volumes.Tests.Writing;
using DmIo.Volumes.Writing;
using Xunit;

namespace DmIo.Volumes.Tests.Sync;

/// <summary>The order and the limits of a pass that compares legs.</summary>
public sealed class VerificationPassTests
{
    private const int Limit = 4;

    private readonly WriterFixture fixture = WriterFixture.Active(legs: 3);

    private long Regions => fixture.State.Regions;

    [Fact]
    public void A_pass_compares_every_region_once_in_ascending_order()
    {
        var pass = new Verification(0);
        var compared = RunToEnd(pass);
        Assert.Equal(Enumerable.Range(0, (int)Regions).Select(region => (long)region), compared);
        Assert.Equal((Regions, 0L, 0L, Regions), (pass.Compared, pass.Skipped, pass.Differing, pass.Next));
    }

    [Fact]
    public void A_pass_begins_at_its_first_region() =>
        Assert.Equal(Regions - 3, RunToEnd(new Verification(Regions - 3))[0]);

    [Fact]
    public void One_comparison_is_in_flight_while_users_have_IO_and_it_counts_as_a_copy()
    {
        var synchronization = new Synchronization { Verification = new Verification(0) };
        synchronization.Run(fixture.Core, fixture.Now, isBusy: true);
        Assert.Single(fixture.Steps);
        synchronization.Run(fixture.Core, fixture.Now, isBusy: false);
        Assert.Equal(Synchronization.MaxCopies, fixture.Steps.Count);
    }

    [Fact]
    public void The_rate_of_copies_limits_comparisons()
    {
        var synchronization = new Synchronization
        {
            MaxBytesPerSecond = 1 << 20,
            Verification = new Verification(0),
        };
        synchronization.Run(fixture.Core, fixture.Now, isBusy: true);
        Assert.Empty(fixture.Steps);
        synchronization.Tick(fixture.State, fixture.Now);
        synchronization.Run(fixture.Core, fixture.Now, isBusy: true);
        Assert.Single(fixture.Steps);
    }

    [Fact]
    public void A_pass_that_is_canceled_ends_after_its_comparisons_in_flight_and_can_be_continued()
    {
        var pass = new Verification(0);
        pass.Run(fixture.Core, Limit, fixture.Now);
        var steps = Steps();
        End(steps[2]);
        pass.IsCanceled = true;
        pass.Run(fixture.Core, Limit, fixture.Now);
        Assert.False(pass.IsEnded);
        Assert.Equal(0, pass.Next);
        Array.ForEach(steps, step => End(step));
        pass.Run(fixture.Core, Limit, fixture.Now);
        Assert.True(pass.IsEnded);
        Assert.Equal(Limit, pass.Next);
        Assert.Empty(fixture.Steps);
    }

    [Fact]
    public void Comparisons_of_a_writer_that_was_replaced_are_repeated()
    {
        var pass = new Verification(0);
        pass.Run(fixture.Core, Limit, fixture.Now);
        End(Steps()[1]);
        pass.Run(fixture.Core, 0, fixture.Now);
        var next = WriterFixture.Active(legs: 3);
        pass.Run(next.Core, Limit, next.Now);
        Assert.Equal([0, 2, 3, 4], next.Steps.OfType<VerifyStep>().Select(step => step.Range.First));
    }

    [Fact]
    public void A_pass_goes_on_over_regions_that_differ_and_then_waits_for_the_leg()
    {
        var pass = new Verification(0);
        for (var region = 0; region < 3; region++)
        {
            pass.Run(fixture.Core, 1, fixture.Now);
            End(Steps()[0], differing: region < 2);
        }

        pass.Run(fixture.Core, 1, fixture.Now);
        Assert.Equal(2, pass.Differing);
        fixture.Settle();
        Assert.Equal(MemberSet.FirstMembers(2), fixture.State.InSync);
        pass.Run(fixture.Core, 1, fixture.Now);
        Assert.Empty(Steps());

        Assert.True(fixture.Core.Return(2, fixture.Now));
        fixture.Settle();
        fixture.Core.Resync(new(0, 2), fixture.Now);
        fixture.End(fixture.Step<CopyStep>());
        fixture.End(fixture.Step<FlushStep>());
        fixture.Settle();
        pass.Run(fixture.Core, 1, fixture.Now);
        Assert.Equal(3, Assert.Single(Steps()).Range.First);
    }

    [Fact]
    public void A_pass_does_not_wait_for_a_leg_for_ever()
    {
        var pass = new Verification(0);
        pass.Run(fixture.Core, 1, fixture.Now);
        End(Steps()[0], differing: true);
        pass.Run(fixture.Core, 1, fixture.Now);
        End(Steps()[0]);

        pass.Run(fixture.Core, 1, fixture.Now);
        fixture.Settle();
        pass.Run(fixture.Core, 1, fixture.Now);
        Assert.Empty(Steps());
        pass.Run(fixture.Core, 1, fixture.Now + Verification.MaxPause);
        Assert.Equal(MemberSet.FirstMembers(2), Assert.Single(Steps()).Targets);
    }

    private VerifyStep[] Steps() => [.. fixture.Steps.OfType<VerifyStep>()];

    private List<long> RunToEnd(Verification pass)
    {
        var compared = new List<long>();
        for (pass.Run(fixture.Core, Limit, fixture.Now); !pass.IsEnded; pass.Run(fixture.Core, Limit, fixture.Now))
        {
            Assert.InRange(fixture.Steps.Count, 1, Limit);
            compared.Add(Steps()[0].Range.First);
            End(Steps()[0]);
        }

        return compared;
    }

    private void End(VerifyStep step, bool differing = false)
    {
        foreach (var leg in step.Targets)
        {
            fixture.Core.Hashed(step, leg, differing && leg == 2 ? UInt128.One : UInt128.Zero, fixture.Now);
        }

        fixture.Steps.Remove(step);
    }
}

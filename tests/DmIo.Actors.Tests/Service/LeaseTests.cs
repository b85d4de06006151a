using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using DmIo.Memory;
using Xunit;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Service;

/// <summary>R16 to R18: leases and their pages.</summary>
public sealed class LeaseTests : ServiceTests
{
    [Fact]
    public void R16_a_get_makes_the_pool_allocate_that_many_pages()
    {
        var lease = Open(pages: 20);

        var status = PoolStatus();

        Assert.Equal((20, 20, 1), (lease.Lease.Count, status.Leased, status.Leases));
        Assert.Equal(32, status.Total);
    }

    [Fact]
    public void R16_a_get_beyond_the_pool_is_refused_with_the_available_number()
    {
        Open(pages: MaxPages - 10);

        Supervisor.Tell(new Get(11), TestActor);

        var refused = ExpectMsg<GetRefused>();
        Assert.Equal((11, 10), (refused.Pages, refused.Available));
        Assert.Equal(MaxPages - 10, PoolStatus().Leased);
    }

    [Theory]
    [InlineData(0, "at least 1")]
    [InlineData(-5, "-5")]
    [InlineData(MaxPages + 1, "max-pages")]
    public void R16_a_get_that_can_never_be_granted_is_refused_even_if_it_would_wait(int pages, string part)
    {
        Supervisor.Tell(new Get(pages, Wait: true), TestActor);

        Assert.Contains(part, ExpectMsg<GetRefused>().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void R16_waiting_gets_are_granted_in_order()
    {
        var lease = Open(pages: MaxPages - 10);
        var (large, small, hasty) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        Supervisor.Tell(new Get(20, Wait: true), large.Ref);
        Supervisor.Tell(new Get(5, Wait: true), small.Ref);
        Supervisor.Tell(new Get(5), hasty.Ref);
        Assert.Equal(0, hasty.ExpectMsg<GetRefused>().Available);
        Assert.Equal(2, PoolStatus().Waiting);

        Put(lease);

        Assert.Equal(20, large.ExpectMsg<Granted>().Lease.Count);
        Assert.Equal(5, small.ExpectMsg<Granted>().Lease.Count);
        Assert.Equal(0, PoolStatus().Waiting);
    }

    [Fact]
    public void R16_a_waiting_get_whose_owner_dies_lets_the_next_one_pass()
    {
        Open(pages: MaxPages - 10);
        var (dying, next, asker) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        Supervisor.Tell(new Get(20, dying.Ref, Wait: true), asker.Ref);
        Supervisor.Tell(new Get(5, Wait: true), next.Ref);

        Sys.Stop(dying.Ref);

        asker.ExpectMsg<GetRefused>();
        next.ExpectMsg<Granted>();
    }

    [Fact]
    public void R17_a_put_returns_the_pages()
    {
        var lease = Open(pages: 20);

        Put(lease);

        var status = PoolStatus();
        Assert.Equal((0, 0, 0), (status.Leased, status.Draining, status.Leases));
        Assert.Equal(status.Total, status.Free);
    }

    [Fact]
    public void R17_an_unknown_put_is_refused() => AssertPutRefused(new LeaseId(long.MaxValue), 1, TestActor);

    [Fact]
    public void R17_a_foreign_put_is_refused() =>
        AssertPutRefused(Open(pages: 20).Lease.Id, 20, CreateTestProbe().Ref);

    [Theory]
    [InlineData(19)]
    [InlineData(21)]
    [InlineData(0)]
    public void R17_a_mismatched_put_is_refused(int pages) =>
        AssertPutRefused(Open(pages: 20).Lease.Id, pages, TestActor);

    [Fact]
    public void R17_a_repeated_put_is_refused()
    {
        var lease = Open(pages: 20);
        Put(lease);

        AssertPutRefused(lease.Lease.Id, 20, TestActor);
    }

    [Fact]
    public async Task R17_a_put_that_is_repeated_while_it_drains_is_refused_and_the_first_is_answered()
    {
        var device = Attach("disk");
        var lease = Open(pages: 20);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        var call = await device.NextCallAsync();
        Supervisor.Tell(new Put(lease.Lease.Id, 20), TestActor);

        AssertPutRefused(lease.Lease.Id, 20, TestActor);

        call.Complete();
        ExpectDone();
        ExpectMsg<PutDone>();
    }

    [Fact]
    public async Task R18_a_put_with_io_in_flight_completes_when_the_device_has_released_the_pages()
    {
        var device = Attach("disk");
        var lease = Open(pages: 20);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        var call = await device.NextCallAsync();
        Supervisor.Tell(new Put(lease.Lease.Id, 20), TestActor);
        WaitUntilHandled(Supervisor);
        WaitUntilHandled(lease.Requests);
        Assert.False(HasMessages);
        Assert.Equal((0, 20, 0), (PoolStatus().Leased, PoolStatus().Draining, PoolStatus().Leases));

        call.Complete();

        Assert.True(ExpectDone().IsOk);
        ExpectMsg<PutDone>();
        Assert.Equal(0, PoolStatus().Draining);
    }

    [Fact]
    public async Task R18_requests_accepted_before_a_put_still_run_and_later_ones_are_refused()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)));
        Send(lease, Write(Pattern(8, 2), new IoRegion("disk", 8, 8)));
        var first = await device.NextCallAsync();
        Supervisor.Tell(new Put(lease.Lease.Id, 1), TestActor);
        WaitUntilHandled(Supervisor);

        Send(lease, Write(Pattern(8, 3), new IoRegion("disk", 16, 8)));

        var refused = ExpectMsg<IoProtocol.IoRefused>();
        Assert.Equal(IoRefusal.Stopped, refused.Cause);
        Assert.Contains("put back", refused.Reason, StringComparison.Ordinal);
        first.Complete();
        (await device.NextCallAsync()).Complete();
        Assert.True(ExpectDone().IsOk);
        Assert.True(ExpectDone().IsOk);
        ExpectMsg<PutDone>();
    }

    [Fact]
    public async Task R18_the_pages_of_a_dead_owner_are_returned_when_the_device_has_released_them()
    {
        var device = Attach("disk");
        var owner = CreateTestProbe();
        Sys.EventStream.Subscribe(TestActor, typeof(ServiceEvents.LeaseDraining));
        Sys.EventStream.Subscribe(TestActor, typeof(ServiceEvents.LeaseClosed));
        Supervisor.Tell(new Get(1, owner.Ref), TestActor);
        var lease = ExpectMsg<Granted>();
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)));
        var call = await device.NextCallAsync();
        Send(lease, Write(Pattern(8, 2), new IoRegion("disk", 8, 8)));

        Sys.Stop(owner.Ref);

        Assert.Equal(IoStatusCode.Stopped, ExpectDone()[0].Code);
        ExpectMsg<ServiceEvents.LeaseDraining>();
        Assert.Equal(1, PoolStatus().Draining);
        call.Complete();
        Assert.True(ExpectDone().IsOk);
        ExpectMsg<ServiceEvents.LeaseClosed>();
        Assert.Equal((0, 0), (PoolStatus().Draining, PoolStatus().Leased));
        Assert.False(device.HasNextCall);
    }

    [Fact]
    public void R18_the_death_of_an_owner_ends_all_of_its_leases()
    {
        var owner = CreateTestProbe();
        Sys.EventStream.Subscribe(TestActor, typeof(ServiceEvents.LeaseClosed));
        foreach (var pages in (int[])[1, 2, 3])
        {
            Supervisor.Tell(new Get(pages, owner.Ref), TestActor);
            ExpectMsg<Granted>();
        }

        Sys.Stop(owner.Ref);

        var closed = ReceiveN(3).Cast<ServiceEvents.LeaseClosed>().Sum(lease => lease.Pages);
        Assert.Equal((6, 0), (closed, PoolStatus().Leased));
    }

    private void Put(Granted lease)
    {
        Supervisor.Tell(new Put(lease.Lease.Id, lease.Lease.Count), TestActor);
        ExpectMsg(new PutDone(lease.Lease.Id, lease.Lease.Count));
    }

    private void AssertPutRefused(LeaseId lease, int pages, IActorRef owner)
    {
        var before = PoolStatus();
        Supervisor.Tell(new Put(lease, pages, owner), TestActor);

        Assert.Equal(lease, ExpectMsg<PutRefused>().Lease);
        Assert.Equal(before, PoolStatus());
    }
}

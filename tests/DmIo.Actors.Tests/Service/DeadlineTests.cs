using DmIo.Actors.Telemetry;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Service;

/// <summary>R23: a deadline ends the request for its caller, not the operation of the device.</summary>
public sealed class DeadlineTests : ServiceTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task R23_at_the_deadline_the_unfinished_regions_time_out_and_the_buffer_is_held()
    {
        var (quick, stuck) = (Attach("quick"), Attach("stuck"));
        var lease = Open(pages: 1);
        var request = Write(Pattern(1, 1), new IoRegion("quick", 0, 1), new IoRegion("stuck", 0, 1));
        Send(lease, request with { Deadline = Second });
        var done = await quick.NextCallAsync();
        var call = await stuck.NextCallAsync();

        // The device actor handles the completion before Complete returns.
        WaitUntilQuiet(lease, "quick");
        done.Complete();
        WaitUntilQuiet(lease, "quick");

        Clock.Advance(Second);

        var result = ExpectDone();
        Assert.Equal((0b10UL, IoStatusCode.TimedOut, true), (result.Errors.Value, result[1].Code, result.BufferHeld));
        call.Complete();
        WaitUntilQuiet(lease, "stuck");
        Assert.False(HasMessages);
    }

    [Fact]
    public async Task R23_nothing_happens_before_the_deadline_and_after_the_outcome()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)) with { Deadline = Second });
        var call = await device.NextCallAsync();
        Clock.Advance(Second - TimeSpan.FromMilliseconds(1));
        WaitUntilQuiet(lease, "disk");
        Assert.False(HasMessages);
        call.Complete();
        Assert.True(ExpectDone().IsOk);

        Clock.Advance(Second);

        WaitUntilQuiet(lease, "disk");
        Assert.False(HasMessages);
    }

    [Fact]
    public async Task R23_four_writes_that_time_out_at_a_stuck_device_do_not_stop_their_lease()
    {
        var stuck = Attach("stuck");
        AttachQuick("healthy");
        var lease = Open(pages: 4);
        for (var index = 0; index < 4; index++)
        {
            Send(lease, Write(Pattern(8, 1), new IoRegion("stuck", 8 * index, 8)) with { Deadline = Second });
        }

        Send(lease, Write(Pattern(8, 2), new IoRegion("healthy", 0, 8)));
        WaitUntilQuiet(lease, "stuck");
        Assert.False(HasMessages);

        Clock.Advance(Second);

        for (var index = 0; index < 4; index++)
        {
            Assert.True(ExpectDone().BufferHeld);
        }

        Assert.True(ExpectDone().IsOk);
        WaitUntilHandled(Supervisor);
        Assert.Equal((4, 4, 0), (PoolStatus().Leased, PoolStatus().Quarantined, PoolStatus().Draining));
        Assert.Equal((4, 4, 4, 4, 0), Credit(lease));

        foreach (var call in stuck.Pending)
        {
            call.Complete();
        }

        WaitUntilQuiet(lease, "stuck");
        WaitUntilHandled(Supervisor);
        Assert.Equal((4, 0), (PoolStatus().Leased, PoolStatus().Quarantined));
        Assert.Equal((4, 4, 0, 0, 0), Credit(lease));
        Assert.False(HasMessages);
    }

    [Fact]
    public async Task R23_the_lease_shrinks_with_a_warning_while_the_pool_has_nothing_to_lend()
    {
        var stuck = Attach("stuck");
        var healthy = Attach("healthy");
        var lease = Open(pages: 4);
        var other = Open(pages: MaxPages - 4 - 1);
        for (var index = 0; index < 3; index++)
        {
            Send(lease, Write(Pattern(8, 1), new IoRegion("stuck", 8 * index, 8)) with { Deadline = Second });
        }

        WaitUntilQuiet(lease, "stuck");
        Clock.Advance(Second);
        Assert.Equal(3, ReceiveN(3).Count);
        WaitUntilHandled(Supervisor);
        WaitUntilHandled(lease.Requests);
        Assert.Equal((4, 2, 3, 1, 0), Credit(lease));
        Assert.Equal(
            (MaxPages - 3, 3, 0), (PoolStatus().Leased, PoolStatus().Quarantined, PoolStatus().Free));
        for (var index = 0; index < 4; index++)
        {
            Send(lease, Write(Pattern(8, 2), new IoRegion("healthy", 8 * index, 8)));
        }

        WaitUntilQuiet(lease, "healthy");
        Assert.Equal(2, healthy.Pending.Count);

        Supervisor.Tell(new Put(other.Lease.Id, other.Lease.Count), TestActor);
        ExpectMsg<PutDone>();

        for (var index = 0; index < 4; index++)
        {
            (await healthy.NextCallAsync()).Complete();
            Assert.True(ExpectDone().IsOk);
        }

        Assert.Equal((4, 4, 3, 3, 0), Credit(lease));
        Assert.Equal((4, 3), (PoolStatus().Leased, PoolStatus().Quarantined));
    }

    [Fact]
    public async Task R23_a_lease_that_has_shrunk_to_nothing_continues_when_the_device_releases_its_pages()
    {
        var stuck = Attach("stuck");
        AttachQuick("healthy");
        var lease = Open(pages: 1);
        Open(pages: MaxPages - 1);
        Send(lease, Write(Pattern(8, 1), new IoRegion("stuck", 0, 8)) with { Deadline = Second });
        var late = await stuck.NextCallAsync();
        Clock.Advance(Second);
        Assert.True(ExpectDone().BufferHeld);
        Send(lease, Write(Pattern(8, 2), new IoRegion("healthy", 0, 8)));
        WaitUntilQuiet(lease, "healthy");
        WaitUntilHandled(Supervisor);
        Assert.Equal((1, 0, 1, 0, 0), Credit(lease));
        Assert.False(HasMessages);

        late.Complete();

        Assert.True(ExpectDone().IsOk);
        Assert.Equal((1, 1, 0, 0, 0), Credit(lease));
    }

    [Fact]
    public async Task R23_a_put_returns_lent_pages_before_the_device_releases_the_quarantined_ones()
    {
        var device = Attach("disk");
        var lease = Open(pages: 2);
        Send(lease, Write(Pattern(16, 1), new IoRegion("disk", 0, 16)) with { Deadline = Second });
        var late = await device.NextCallAsync();
        Clock.Advance(Second);
        ExpectDone();
        WaitUntilHandled(Supervisor);
        Assert.Equal((2, 2), (PoolStatus().Leased, PoolStatus().Quarantined));
        Supervisor.Tell(new Put(lease.Lease.Id, 2), TestActor);
        WaitUntilHandled(Supervisor);
        WaitUntilHandled(lease.Requests);
        Assert.Equal((0, 0, 2), (PoolStatus().Leased, PoolStatus().Quarantined, PoolStatus().Draining));

        late.Complete();

        ExpectMsg<PutDone>();
        Assert.Equal((0, PoolStatus().Total), (PoolStatus().Draining, PoolStatus().Free));
    }

    [Fact]
    public async Task R23_without_a_loan_the_pages_stay_in_use_until_the_device_releases_them()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        Open(pages: MaxPages - 1);
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)) with { Deadline = Second });
        Send(lease, Write(Pattern(8, 2), new IoRegion("disk", 100, 8)));
        var late = await device.NextCallAsync();
        Clock.Advance(Second);
        Assert.True(ExpectDone().BufferHeld);
        WaitUntilQuiet(lease, "disk");
        Assert.False(device.HasNextCall);

        late.Complete();

        (await device.NextCallAsync()).Complete();
        Assert.True(ExpectDone().IsOk);
    }

    [Fact]
    public async Task R23_a_put_after_a_deadline_waits_for_the_device()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)) with { Deadline = Second });
        var late = await device.NextCallAsync();
        Clock.Advance(Second);
        ExpectDone();
        Supervisor.Tell(new Put(lease.Lease.Id, 1), TestActor);
        WaitUntilHandled(Supervisor);
        WaitUntilHandled(lease.Requests);
        Assert.Equal(1, PoolStatus().Draining);

        late.Fail();

        ExpectMsg<PutDone>();
        Assert.Equal(0, PoolStatus().Draining);
    }

    [Fact]
    public async Task R23_io_that_no_device_has_begun_is_withdrawn_and_its_buffer_is_free()
    {
        var device = Attach("disk", queueDepth: 1);
        var lease = Open(pages: 8);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        Send(lease, Write(Pattern(1, 2), new IoRegion("disk", 1, 1)) with { Deadline = Second });
        var first = await device.NextCallAsync();
        WaitUntilQuiet(lease, "disk");

        Clock.Advance(Second);

        var result = ExpectDone();
        Assert.Equal((IoStatusCode.TimedOut, false), (result[0].Code, result.BufferHeld));
        first.Complete();
        Assert.True(ExpectDone().IsOk);
        WaitUntilQuiet(lease, "disk");
        Assert.Single(device.Calls);
    }

    [Fact]
    public async Task R23_io_that_waited_behind_a_withdrawn_operation_continues()
    {
        var device = Attach("disk");
        var lease = Open(pages: 8);
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)));
        Send(lease, Write(Pattern(8, 2), new IoRegion("disk", 4, 8)) with { Deadline = Second });
        Send(lease, Write(Pattern(4, 3), new IoRegion("disk", 8, 4)));
        var stuck = await device.NextCallAsync();
        WaitUntilQuiet(lease, "disk");

        Clock.Advance(Second);

        ExpectDone();
        var next = await device.NextCallAsync();
        Assert.Equal(8, next.Start.Value);
        next.Complete();
        Assert.True(ExpectDone().IsOk);
        stuck.Complete();
        Assert.True(ExpectDone().IsOk);
    }

    [Fact]
    public async Task R23_a_request_that_waits_for_credit_times_out_too()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)));
        var request = Write(Pattern(8, 2), new IoRegion("disk", 8, 8), new IoRegion("disk", 16, 8));
        Send(lease, request with { Deadline = Second });
        var first = await device.NextCallAsync();
        WaitUntilQuiet(lease, "disk");

        Clock.Advance(Second);

        var result = ExpectDone();
        Assert.Equal((0b11UL, false), (result.Errors.Value, result.BufferHeld));
        first.Complete();
        Assert.True(ExpectDone().IsOk);
        WaitUntilQuiet(lease, "disk");
        Assert.Single(device.Calls);
    }

    private (int Pages, int Credit, int Quarantined, int Lent, int InFlight) Credit(Granted lease)
    {
        WaitUntilHandled(lease.Requests);
        Supervisor.Tell(GetStatistics.Instance, TestActor);
        var found = ExpectMsg<ServiceStatistics>().Leases.Single(one => one.Id == lease.Lease.Id.Value);
        return (found.Pages, found.Credit, found.PagesQuarantined, found.PagesLent, found.PagesInFlight);
    }
}

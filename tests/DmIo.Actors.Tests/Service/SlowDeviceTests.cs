using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Service;

/// <summary>R19: requests that wait for a slow device do not block requests that do not name it. Every device with an
/// operation in flight is slow here.</summary>
public sealed class SlowDeviceTests() : ServiceTests(slowAfter: TimeSpan.Zero)
{
    /// <summary>At least the interval at which a lease checks for slow devices.</summary>
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void R19_a_slow_device_that_holds_all_pages_of_a_lease_blocks_no_request_for_another()
    {
        var stuck = Attach("stuck");
        AttachQuick("healthy");
        var lease = Open(pages: 4);
        for (var index = 0; index < 6; index++)
        {
            Send(lease, Write(Pattern(8, 1), new IoRegion("stuck", 8 * index, 8)));
        }

        Send(lease, Write(Pattern(32, 2), new IoRegion("healthy", 0, 32)));
        WaitUntilQuiet(lease, "stuck");

        Clock.Advance(Second);

        Assert.True(ExpectDone().IsOk);
        WaitUntilQuiet(lease, "stuck");
        Assert.Equal(4, stuck.Pending.Count);
        stuck.Automatic = _ => IoStatus.Ok;
        foreach (var call in stuck.Pending)
        {
            call.Complete();
        }

        Assert.All(ReceiveN(6), message => Assert.True(((IoProtocol.IoDone)message).Result.IsOk));
        WaitUntilQuiet(lease, "stuck");
        WaitUntilHandled(Supervisor);
        Assert.Equal((4, 0), (PoolStatus().Leased, PoolStatus().Quarantined));
    }

    [Fact]
    public void R19_a_request_that_waits_for_a_slow_device_is_passed_by_one_that_does_not_name_it()
    {
        var stuck = Attach("stuck");
        AttachQuick("healthy");
        var lease = Open(pages: 4);
        Send(lease, Write(Pattern(8, 1), new IoRegion("stuck", 0, 8)));
        WaitUntilQuiet(lease, "stuck");

        Send(lease, Write(Pattern(32, 2), new IoRegion("stuck", 64, 32)));
        Send(lease, Write(Pattern(24, 3), new IoRegion("healthy", 0, 24)));

        Assert.True(ExpectDone().IsOk);
        Assert.Single(stuck.Pending).Complete();
        Assert.True(ExpectDone().IsOk);
        WaitUntilQuiet(lease, "stuck");
        Assert.Equal(64, Assert.Single(stuck.Pending).Start.Value);
    }

    [Fact]
    public void R20_a_request_that_overlaps_one_that_waits_for_a_slow_device_waits_behind_it()
    {
        var stuck = Attach("stuck");
        var healthy = AttachQuick("healthy");
        var lease = Open(pages: 4);
        Send(lease, Write(Pattern(8, 1), new IoRegion("stuck", 0, 8)));
        WaitUntilQuiet(lease, "stuck");
        var (older, newer) = (Pattern(32, 2), Pattern(1, 3));

        Send(lease, Write(older, new IoRegion("healthy", 0, 32), new IoRegion("stuck", 64, 32)));
        Send(lease, Write(newer, new IoRegion("healthy", 31, 1)));
        Send(lease, Write(Pattern(1, 4), new IoRegion("healthy", 40, 1)));

        Assert.True(ExpectDone().IsOk);
        Assert.Equal([40L], healthy.Calls.Select(call => call.Start.Value));
        stuck.Automatic = _ => IoStatus.Ok;
        Assert.Single(stuck.Pending).Complete();
        Assert.Equal(3, ReceiveN(3).Count);
        Assert.Equal(newer, healthy.Bytes(31, 1).ToArray());
    }

    [Fact]
    public void R19_a_stuck_device_that_was_detached_blocks_no_request_for_another()
    {
        var stuck = Attach("stuck");
        AttachQuick("healthy");
        var lease = Open(pages: 1);
        Send(lease, Write(Pattern(8, 1), new IoRegion("stuck", 0, 8)));
        WaitUntilQuiet(lease, "stuck");
        Supervisor.Tell(new ServiceProtocol.DetachDevice("stuck"), CreateTestProbe().Ref);
        Send(lease, Write(Pattern(8, 2), new IoRegion("healthy", 0, 8)));
        WaitUntilHandled(Supervisor);
        WaitUntilHandled(lease.Requests);

        Clock.Advance(Second);

        Assert.True(ExpectDone().IsOk);
        Assert.Single(stuck.Pending).Complete();
        Assert.True(ExpectDone().IsOk);
    }
}

using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Service;

/// <summary>How a device actor polls a device that batches calls.</summary>
public sealed class TurnTests : ServiceTests
{
    private readonly PollOnlyDevice device = new(1024);

    [Fact]
    public void The_regions_of_one_request_on_one_device_are_sent_together()
    {
        Attach("disk", device);
        var lease = Open(pages: 8);
        device.Gate.Reset();
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 100, 1)));
        Assert.True(device.AtGate.Wait(TimeSpan.FromSeconds(60)));
        Send(lease, Write(Pattern(1, 1), [.. Enumerable.Range(0, 8).Select(at => new IoRegion("disk", 2 * at, 1))]));
        WaitUntilHandled(lease.Requests);

        device.Gate.Set();
        WaitUntilQuiet(lease, "disk");

        Assert.Equal(9, device.InFlight);
        Assert.Contains(8, device.Sent);
        device.Finish();
        Assert.All(ReceiveN(2).Cast<IoDone>(), done => Assert.True(done.Result.IsOk));
    }

    [Fact]
    public void A_turn_ends_after_the_operation_that_exceeds_a_mebibyte()
    {
        var large = new PollOnlyDevice(8192);
        Attach("disk", large);
        var lease = Open(pages: 600);
        large.Gate.Reset();
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 8000, 1)));
        Assert.True(large.AtGate.Wait(TimeSpan.FromSeconds(60)));
        for (var at = 0; at < 4; at++)
        {
            Send(lease, Write(Pattern(1000, 1), new IoRegion("disk", 1100 * at, 1000)));
        }

        WaitUntilHandled(lease.Requests);

        large.Gate.Set();
        WaitUntilQuiet(lease, "disk");

        Assert.Equal([1, 3, 1], large.Sent);
        large.Finish();
        Assert.All(ReceiveN(5).Cast<IoDone>(), done => Assert.True(done.Result.IsOk));
    }

    [Fact]
    public void A_busy_device_is_polled_when_it_requests_it()
    {
        Attach("disk", device);
        var lease = Open(pages: 8);
        Send(lease, Write(Pattern(1, 7), new IoRegion("disk", 3, 1)));
        WaitUntilQuiet(lease, "disk");
        Assert.False(HasMessages);
        device.Finish();
        Assert.True(ExpectDone().IsOk);
        var memory = new byte[512];

        Send(lease, Read(memory, new IoRegion("disk", 3, 1)));
        WaitUntilQuiet(lease, "disk");
        device.Finish();

        Assert.True(ExpectDone().IsOk);
        Assert.Equal(Pattern(1, 7), memory);
    }

    [Fact]
    public void R22_io_in_flight_when_the_device_actor_dies_is_still_polled_until_it_completes()
    {
        Attach("disk", device);
        var lease = Open(pages: 8);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 3, 1)));
        WaitUntilQuiet(lease, "disk");
        Watch(DeviceActor("disk"));
        Sys.Stop(DeviceActor("disk"));
        ExpectMsg<Akka.Actor.Terminated>();
        Assert.Equal(1, device.InFlight);

        device.Finish();

        Assert.True(ExpectDone().IsOk);
        AwaitAssert(() => Assert.True(Devices().Count == 0));
    }

    [Fact]
    public void R24_a_durable_write_whose_flush_cannot_be_issued_fails()
    {
        var manual = Attach("disk", queueDepth: 1);
        var lease = Open(pages: 8);
        Send(lease, Flush("disk"));
        WaitUntilQuiet(lease, "disk");
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 3, 1)) with { ForceUnitAccess = true });
        Send(lease, Flush("disk"));
        WaitUntilQuiet(lease, "disk");
        manual.Pending[0].Complete();
        Assert.True(ExpectDone().IsOk);
        WaitUntilQuiet(lease, "disk");
        Watch(DeviceActor("disk"));

        Sys.Stop(DeviceActor("disk"));
        ExpectMsg<Akka.Actor.Terminated>();
        while (manual.Pending.Count > 0)
        {
            manual.Pending[0].Complete();
        }

        var codes = ReceiveN(2).Cast<IoDone>().Select(done => done.Result[0].Code);
        Assert.Contains(IoStatusCode.DeviceGone, codes);
    }

    [Fact]
    public void A_turn_takes_all_waiting_io_and_answers_each_request_actor_once()
    {
        Attach("disk", device);
        var lease = Open(pages: 64);
        for (var index = 0; index < 20; index++)
        {
            Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 2 * index, 1)));
        }

        WaitUntilQuiet(lease, "disk");
        device.Finish();

        Assert.All(ReceiveN(20).Cast<IoDone>(), done => Assert.True(done.Result.IsOk));
    }

    private IReadOnlyList<DeviceStatus> Devices()
    {
        Supervisor.Tell(GetDevices.Instance, TestActor);
        return ExpectMsg<DeviceList>().Devices;
    }
}

using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Service;

/// <summary>R21: devices are attached and detached while the service runs.</summary>
public sealed class DetachTests : ServiceTests
{
    [Fact]
    public async Task R21_a_detach_waits_for_io_in_flight_and_later_io_gets_device_gone()
    {
        var device = Attach("disk", queueDepth: 1);
        var lease = Open(pages: 8);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        Send(lease, Write(Pattern(1, 2), new IoRegion("disk", 1, 1)));
        var first = await device.NextCallAsync();
        WaitUntilQuiet(lease, "disk");
        Supervisor.Tell(new DetachDevice("disk"), TestActor);
        WaitUntilHandled(Supervisor);

        Assert.Equal(IoStatusCode.DeviceGone, Do(lease, Write(Pattern(1, 3), new IoRegion("disk", 2, 1)))[0].Code);

        first.Complete();
        (await device.NextCallAsync()).Complete();
        var answers = ReceiveN(3);
        Assert.Equal(2, answers.Count(message => message is IoProtocol.IoDone { Result.IsOk: true }));
        Assert.Equal("disk", Assert.Single(answers.OfType<DeviceDetached>()).Name);
        Assert.True(device.IsClosed);
        Assert.Empty(device.Violations);
    }

    [Fact]
    public async Task R21_a_request_that_finds_the_device_draining_gets_device_gone()
    {
        var device = Attach("disk");
        var lease = Open(pages: 8);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        var call = await device.NextCallAsync();
        var actor = DeviceActor("disk");
        var io = TestRequests.Io(
            IoOperation.Read, new IoRegion("disk", 0, 1), Pattern(1, 1), replyTo: TestActor);
        actor.Tell(DeviceProtocol.DrainDevice.Instance, TestActor);

        actor.Tell(io, TestActor);

        Assert.Same(io, ExpectMsg<DeviceProtocol.DeviceDone>().Io);
        Assert.Equal(IoStatusCode.DeviceGone, io.Status.Code);
        call.Complete();
        Assert.True(ExpectDone().IsOk);
    }

    [Fact]
    public async Task R8_a_read_that_finds_the_device_draining_leaves_zeroes()
    {
        var device = Attach("disk");
        var lease = Open(pages: 8);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        var call = await device.NextCallAsync();
        var actor = DeviceActor("disk");
        var stale = Pattern(1, 1);
        var region = new IoRegion("disk", 0, 1);
        var io = TestRequests.Io(IoOperation.Read, region, stale, replyTo: TestActor);
        actor.Tell(DeviceProtocol.DrainDevice.Instance, TestActor);

        actor.Tell(io, TestActor);

        ExpectMsg<DeviceProtocol.DeviceDone>();
        Assert.Equal(new byte[512], stale);
        call.Complete();
        Assert.True(ExpectDone().IsOk);
    }

    [Fact]
    public async Task R21_no_request_finds_a_device_from_its_detach_on()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        var call = await device.NextCallAsync();

        Supervisor.Tell(new DetachDevice("disk"), TestActor);
        WaitUntilHandled(Supervisor);

        Assert.False(Directory.TryFind("disk", out _));
        call.Complete();
        Assert.Equal(2, ReceiveN(2).Count(message => message is IoProtocol.IoDone or DeviceDetached));
    }

    [Fact]
    public void R21_a_device_can_be_attached_again_under_the_name()
    {
        AttachQuick("disk");
        var lease = Open(pages: 1);
        Do(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        Supervisor.Tell(new DetachDevice("disk"), TestActor);
        ExpectMsg<DeviceDetached>();

        var reattached = AttachQuick("disk");

        Assert.True(Do(lease, Write(Pattern(1, 2), new IoRegion("disk", 0, 1))).IsOk);
        Assert.Equal(Pattern(1, 2), reattached.Bytes(0, 1).ToArray());
    }

    [Fact]
    public async Task R21_a_second_detach_is_refused_and_the_first_is_answered()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        var call = await device.NextCallAsync();
        Supervisor.Tell(new DetachDevice("disk"), TestActor);

        Supervisor.Tell(new DetachDevice("disk"), TestActor);

        ExpectMsg<DetachRefused>();
        call.Complete();
        Assert.Single(ReceiveN(2).OfType<DeviceDetached>());
    }

    [Fact]
    public void R21_detaching_what_is_not_attached_is_refused()
    {
        Supervisor.Tell(new DetachDevice("disk"), TestActor);

        Assert.Contains("'disk'", ExpectMsg<DetachRefused>().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R21_attaching_under_a_name_that_still_drains_is_refused()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        var call = await device.NextCallAsync();
        Supervisor.Tell(new DetachDevice("disk"), TestActor);
        var other = new ManualDevice(8);

        Supervisor.Tell(new AttachDevice("disk", other), TestActor);

        ExpectMsg<AttachRefused>();
        Assert.True(other.IsClosed);
        call.Complete();
        Assert.Single(ReceiveN(2).OfType<DeviceDetached>());
    }

    [Fact]
    public void A_device_with_an_invalid_description_is_refused_and_closed()
    {
        var device = new ManualDevice(8, description => description with { BlockSize = ByteSize.FromBytes(768) });

        Supervisor.Tell(new AttachDevice("disk", device), TestActor);

        Assert.Contains("768", ExpectMsg<AttachRefused>().Reason, StringComparison.Ordinal);
        Assert.True(device.IsClosed);
    }

    [Fact]
    public void A_taken_name_is_refused_without_effect_on_the_device_in_service()
    {
        var device = AttachQuick("disk");
        var other = new ManualDevice(8);

        Supervisor.Tell(new AttachDevice("disk", other), TestActor);
        ExpectMsg<AttachRefused>();
        Supervisor.Tell(new AttachDevice("disk", device), TestActor);
        ExpectMsg<AttachRefused>();

        Assert.Equal((true, false), (other.IsClosed, device.IsClosed));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a@b")]
    [InlineData("a,b")]
    [InlineData("a\nb")]
    public void An_invalid_name_is_refused(string name)
    {
        Supervisor.Tell(new AttachDevice(name, new ManualDevice(8)), TestActor);

        Assert.Contains("name", ExpectMsg<AttachRefused>().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_with_half_a_surrogate_pair_is_refused()
    {
        Supervisor.Tell(new AttachDevice("half \ud800", new ManualDevice(8)), TestActor);

        Assert.Contains("unpaired surrogates", ExpectMsg<AttachRefused>().Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$dollar")]
    [InlineData("with / slash")]
    [InlineData("grüße 😀 %20")]
    [InlineData(".")]
    public void A_name_may_contain_characters_that_are_invalid_in_paths(string name)
    {
        AttachQuick(name);
        var lease = Open(pages: 1);

        Assert.True(Do(lease, Write(Pattern(1, 1), new IoRegion(name, 0, 1))).IsOk);
    }

    [Fact]
    public void A_queue_depth_of_0_is_refused()
    {
        Supervisor.Tell(new AttachDevice("disk", new ManualDevice(8), QueueDepth: 0), TestActor);

        Assert.Contains("queue depth", ExpectMsg<AttachRefused>().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Devices_are_listed_by_name_in_ordinal_order()
    {
        Attach("b", queueDepth: 7);
        Attach("B");
        Attach("a");

        Supervisor.Tell(GetDevices.Instance, TestActor);

        var devices = ExpectMsg<DeviceList>().Devices;
        Assert.Equal([("B", 32), ("a", 32), ("b", 7)], devices.Select(device => (device.Name, device.QueueDepth.Max)));
        Assert.All(devices, device => Assert.Equal(DeviceState.Online, device.State));
    }

    [Fact]
    public void Attach_and_detach_are_published()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(ServiceEvents.DeviceOnline));
        Sys.EventStream.Subscribe(TestActor, typeof(ServiceEvents.DeviceOffline));
        Supervisor.Tell(new AttachDevice("disk", new ManualDevice(8)), CreateTestProbe().Ref);
        Assert.Equal("disk", ExpectMsg<ServiceEvents.DeviceOnline>().Name);

        Supervisor.Tell(new DetachDevice("disk"), CreateTestProbe().Ref);

        Assert.Equal("disk", ExpectMsg<ServiceEvents.DeviceOffline>().Name);
    }
}

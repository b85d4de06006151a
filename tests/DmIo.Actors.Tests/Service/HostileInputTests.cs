using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Service;

/// <summary>Classes of callers and devices that throw or return invalid values: the request is answered, and others are
/// not affected.</summary>
public sealed class HostileInputTests : ServiceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(null)]
    public void R3_a_list_of_regions_that_throws_is_refused_and_the_lease_lives(int? count)
    {
        AttachQuick("disk");
        var lease = Open(pages: 1);
        var regions = new BrokenRegions(() => count ?? throw new InvalidOperationException("The test has no count."));

        Send(lease, Write(new byte[512]) with { Regions = regions, Context = "mine" });

        Assert.Equal("mine", ExpectMsg<IoRefused>().Context);
        AssertServes(lease, "disk");
    }

    [Fact]
    public void R3_a_message_without_regions_is_refused()
    {
        AttachQuick("disk");
        var lease = Open(pages: 1);

        Send(lease, Write(new byte[512]) with { Regions = null! });
        ExpectMsg<IoRefused>();
        Send(lease, Write(new byte[512], default(IoRegion)));
        ExpectMsg<IoRefused>();

        AssertServes(lease, "disk");
    }

    [Fact]
    public void R3_memory_whose_length_throws_is_refused_and_the_lease_lives()
    {
        AttachQuick("disk");
        var lease = Open(pages: 1);

        Send(lease, Read(new BrokenMemory(lengthBytes: null), new IoRegion("disk", 0, 1)));

        Assert.Contains("The test has no length", ExpectMsg<IoRefused>().Reason, StringComparison.Ordinal);
        AssertServes(lease, "disk");
    }

    [Fact]
    public void R8_memory_that_throws_when_it_is_cleared_affects_no_lease()
    {
        AttachQuick("disk");
        var lease = Open(pages: 1);

        var result = Do(lease, Read(new BrokenMemory(512), new IoRegion("nowhere", 0, 1)));

        Assert.Equal(IoStatusCode.DeviceGone, result[0].Code);
        AssertServes(lease, "disk");
    }

    [Fact]
    public void R8_memory_that_throws_fails_its_region_and_affects_no_device()
    {
        AttachQuick("disk");
        var lease = Open(pages: 1);

        var result = Do(lease, Read(new BrokenMemory(512), new IoRegion("disk", 0, 1)));

        Assert.Equal(IoStatusCode.DeviceError, result[0].Code);
        AssertServes(lease, "disk");
    }

    [Fact]
    public void R14_memory_that_throws_at_a_failed_device_is_answered()
    {
        var device = AttachQuick("disk");
        device.Automatic = _ => IoStatus.DeviceError("The test failed it.", errno: 5);
        var lease = Open(pages: 1);
        Do(lease, Flush("disk"));

        var broken = Do(lease, Read(new BrokenMemory(512), new IoRegion("disk", 0, 1)));
        var next = Do(lease, Write(new byte[512], new IoRegion("disk", 0, 1)));

        Assert.Equal(IoStatusCode.DeviceFailed, broken[0].Code);
        Assert.Equal(IoStatusCode.DeviceFailed, next[0].Code);
    }

    [Fact]
    public async Task R18_memory_that_throws_when_its_lease_ends_keeps_no_page()
    {
        var device = Attach("disk", queueDepth: 1);
        var lease = Open(pages: 2);
        Sys.EventStream.Subscribe(TestActor, typeof(ServiceEvents.LeaseClosed));
        Send(lease, Write(new byte[512], new IoRegion("disk", 0, 1)));
        Send(lease, Read(new BrokenMemory(512), new IoRegion("disk", 8, 1)));
        var call = await device.NextCallAsync();
        WaitUntilQuiet(lease, "disk");

        lease.Requests.Tell(Kill.Instance);

        Assert.Equal(IoStatusCode.Stopped, ExpectDone()[0].Code);
        Assert.Equal(IoStatusCode.Stopped, ExpectDone()[0].Code);
        call.Complete();
        ExpectMsg<ServiceEvents.LeaseClosed>();
        Assert.Equal((0, 0), (PoolStatus().Leased, PoolStatus().Draining));
    }

    [Fact]
    public async Task R21_memory_that_throws_at_a_draining_device_is_answered_and_the_detach_completes()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        Send(lease, Write(new byte[512], new IoRegion("disk", 0, 1)));
        var call = await device.NextCallAsync();
        var actor = DeviceActor("disk");
        var region = new IoRegion("disk", 0, 1);
        var late = TestRequests.Io(IoOperation.Read, region, new BrokenMemory(512), replyTo: TestActor);
        Supervisor.Tell(new DetachDevice("disk"), TestActor);
        WaitUntilHandled(Supervisor);

        actor.Tell(late, TestActor);

        Assert.Same(late, ExpectMsg<DeviceProtocol.DeviceDone>().Io);
        call.Complete();
        var answers = ReceiveN(2);
        Assert.True(Assert.Single(answers.OfType<IoDone>()).Result.IsOk);
        Assert.Single(answers.OfType<DeviceDetached>());
    }

    [Fact]
    public void R18_a_get_with_Nobody_as_owner_takes_no_page()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(ServiceEvents.LeaseOpened));

        Supervisor.Tell(new Get(4), ActorRefs.NoSender);
        Supervisor.Tell(new Get(4, ActorRefs.Nobody), TestActor);

        Assert.Contains("owner", ExpectMsg<GetRefused>().Reason, StringComparison.OrdinalIgnoreCase);
        Assert.Equal((0, 0), (PoolStatus().Leases, PoolStatus().Leased));
    }

    [Fact]
    public async Task R18_a_get_by_Ask_without_an_owner_is_refused()
    {
        var reply = await Supervisor.Ask<object>(new Get(4), TimeSpan.FromSeconds(60));

        Assert.IsType<GetRefused>(reply);
        Assert.Equal((0, 0), (PoolStatus().Leases, PoolStatus().Leased));
    }

    [Fact]
    public void R20_a_device_that_is_in_service_cannot_be_attached_under_a_second_name()
    {
        var device = AttachQuick("disk");

        Supervisor.Tell(new AttachDevice("twin", device), TestActor);

        Assert.Contains("'disk'", ExpectMsg<AttachRefused>().Reason, StringComparison.Ordinal);
        Assert.False(device.IsClosed);
        AssertServes(Open(pages: 1), "disk");
    }

    [Fact]
    public void A_refused_device_that_hangs_in_its_close_delays_no_other()
    {
        AttachQuick("disk");
        using var resume = new ManualResetEventSlim();

        Supervisor.Tell(new AttachDevice("disk", new SlowlyClosedDevice(resume)), TestActor);

        AssertServes(Open(pages: 1), "disk");
        resume.Set();
        ExpectMsg<AttachRefused>();
    }

    [Fact]
    public void Empty_messages_are_refused_and_the_service_lives()
    {
        Supervisor.Tell(new AttachDevice(null!, null!), TestActor);
        ExpectMsg<AttachRefused>();
        Supervisor.Tell(new AttachDevice("disk", null!), TestActor);
        ExpectMsg<AttachRefused>();
        Supervisor.Tell(new DetachDevice(null!), TestActor);
        ExpectMsg<DetachRefused>();
        Supervisor.Tell(new Put(default, 0), TestActor);
        ExpectMsg<PutRefused>();
        Supervisor.Tell(new ServiceEvents.DeviceHasFailed(null!, default), TestActor);
        Supervisor.Tell(new object(), TestActor);

        AttachQuick("disk");
        AssertServes(Open(pages: 1), "disk");
    }

    /// <summary>A device whose close blocks until the test releases it; a bug fails the test instead of blocking
    /// it.</summary>
    private sealed class SlowlyClosedDevice(ManualResetEventSlim resume)
        : DeviceDecorator(new NullDevice(ByteSize.FromSectors(8))), IAsyncDisposable
    {
        ValueTask IAsyncDisposable.DisposeAsync()
        {
            resume.Wait(TimeSpan.FromSeconds(120));
            return Inner.DisposeAsync();
        }
    }

    private void AssertServes(Granted lease, string device) =>
        Assert.True(Do(lease, Write(Pattern(1, 1), new IoRegion(device, 0, 1))).IsOk);
}

using DmIo.Actors.Protocol;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Memory;
using Xunit;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Service;

/// <summary>Bounds on the memory of the service, and the refusals that enforce them.</summary>
public sealed class LimitTests : ServiceTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(10001)]
    public void A_lease_of_an_invalid_weight_is_refused(int weight)
    {
        Supervisor.Tell(new Get(1, Weight: weight), TestActor);

        Assert.Contains($"1 to 10000, not {weight}", ExpectMsg<GetRefused>().Reason, StringComparison.Ordinal);
        Assert.Equal(0, PoolStatus().Leased);
    }

    [Fact]
    public void A_request_of_an_unknown_priority_is_refused()
    {
        AttachQuick("disk");
        var write = Write(Pattern(1, 1), new IoRegion("disk", 0, 1)) with { Priority = (IoPriority)7 };

        Send(Open(pages: 1), write);

        Assert.Contains("no priority 7", ExpectMsg<IoRefused>().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_beyond_the_bound_on_waiting_requests_is_refused()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        for (var index = 0; index < 1 + 1024; index++)
        {
            Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        }

        await device.NextCallAsync();
        WaitUntilHandled(lease.Requests);

        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)) with { Context = "late" });

        var refused = ExpectMsg<IoRefused>();
        Assert.Equal((IoRefusal.NoRoom, (object?)"late"), (refused.Cause, refused.Context));
        Assert.Contains("1024 requests", refused.Reason, StringComparison.Ordinal);
        device.Automatic = _ => IoStatus.Ok;
        device.Pending[0].Complete();
        Assert.All(ReceiveN(1025), message => Assert.True(((IoDone)message).Result.IsOk));
    }

    [Fact]
    public void A_device_holds_its_bounce_pages_from_attach_to_close()
    {
        var device = new BouncingDevice(pages: 16);
        Attach("disk", device);
        WaitUntilHandled(DeviceActor("disk"));
        Assert.Equal(16, device.Pages!.Count);
        Assert.Equal((16, 0), (PoolStatus().Leased, PoolStatus().Leases));

        Supervisor.Tell(new DetachDevice("disk"), TestActor);

        ExpectMsg<DeviceDetached>();
        Assert.Equal(0, PoolStatus().Leased);
    }

    [Fact]
    public void A_device_that_needs_more_bounce_pages_than_available_is_refused()
    {
        Supervisor.Tell(new AttachDevice("disk", new BouncingDevice(MaxPages + 1)), TestActor);

        var refused = ExpectMsg<AttachRefused>();
        Assert.Contains("1025 pages", refused.Reason, StringComparison.Ordinal);
        Assert.Contains("dmio.pool.max-pages", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Bounce_pages_of_a_closed_device_go_to_a_waiting_get()
    {
        Attach("disk", new BouncingDevice(pages: 16));
        Supervisor.Tell(new Get(MaxPages, Wait: true), TestActor);
        WaitUntilHandled(Supervisor);
        Assert.False(HasMessages);

        Supervisor.Tell(new DetachDevice("disk"), TestActor);

        ExpectMsg<DeviceDetached>();
        Assert.Equal(MaxPages, ExpectMsg<Granted>().Lease.Count);
    }

    [Fact]
    public async Task Memory_that_needs_bounce_pages_is_charged_for_them_too()
    {
        var device = new ManualDevice(
            1024, description => description with { BouncePages = 16, MemoryAlignment = ByteSize.FromBytes(512) });
        Attach("disk", device);
        var lease = Open(pages: 3);
        var unaligned = VirtualBuffer.Allocate(8192).Slice(1, 512);
        IoRequest[] requests = [.. Enumerable.Range(0, 2).Select(index => new IoRequest
        {
            Operation = IoOperation.Write, Regions = [new IoRegion("disk", 2 * index, 1)], Memory = unaligned,
        })];

        foreach (var request in requests)
        {
            Send(lease, request);
        }

        await device.NextCallAsync();
        WaitUntilQuiet(lease, "disk");
        Assert.Single(device.Pending);
        device.Pending[0].Complete();
        (await device.NextCallAsync()).Complete();
        ReceiveN(2);

        foreach (var request in requests)
        {
            Send(lease, request with { Memory = VirtualBuffer.Allocate(4096) });
        }

        await device.NextCallAsync();
        await device.NextCallAsync();
        Assert.Equal(2, device.Pending.Count);
    }

    [Theory]
    [InlineData(0, 0, null, "0")]
    [InlineData(5, 4, null, "4")]
    [InlineData(1, 65537, null, "1-65537")]
    [InlineData(1, 64, 0, "1-64 within 0 ms")]
    public void A_device_with_an_invalid_queue_depth_is_refused(int least, int most, int? target, string shown)
    {
        var depth = new QueueDepth(least, most, target is { } given ? TimeSpan.FromMilliseconds(given) : null);
        Supervisor.Tell(new AttachDevice("disk", new MemoryDevice(ByteSize.FromSectors(8)), depth), TestActor);

        Assert.Contains($"not {shown}", ExpectMsg<AttachRefused>().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_with_an_unknown_policy_is_refused()
    {
        Supervisor.Tell(new AttachDevice("disk",
            new MemoryDevice(ByteSize.FromSectors(8)), Policy: (SchedulingPolicy)9), TestActor);

        Assert.Contains("no policy 9", ExpectMsg<AttachRefused>().Reason, StringComparison.Ordinal);
    }

    private sealed class BouncingDevice(int pages) : DeviceDecorator(new MemoryDevice(ByteSize.FromSectors(8)))
    {
        public override DeviceDescription Description => base.Description with { BouncePages = pages };

        internal IReadOnlyList<Page>? Pages { get; private set; }

        public override void Attach(DeviceHost host) => Pages = host.BouncePages;
    }
}

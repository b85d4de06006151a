using DmIo.Actors.Tests.Fixtures;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Testing.Devices;
using Xunit;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Service;

/// <summary>Devices that answer before they have released the memory (<see cref="TransferResult.Held"/>).</summary>
public sealed class HeldMemoryTests : ServiceTests
{
    [Fact]
    public void R23_a_write_succeeds_though_a_device_holds_its_memory_and_the_answer_says_so()
    {
        var device = AttachHolding();
        var lease = Open(pages: 1);
        device.HoldNext(IoStatus.Ok);

        var result = Do(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)));

        Assert.True(result.IsOk);
        Assert.True(result.BufferHeld);
        WaitUntilHandled(Supervisor);
        Assert.Equal((1, 1), (PoolStatus().Leased, PoolStatus().Quarantined));
        Assert.False(Do(lease, Write(Pattern(8, 2), new IoRegion("disk", 0, 8))).BufferHeld);

        device.Release();

        AwaitAssert(() => Assert.Equal((1, 0), (PoolStatus().Leased, PoolStatus().Quarantined)));
    }

    [Fact]
    public void R23_a_failed_region_is_held_beside_one_that_succeeded()
    {
        var device = AttachHolding();
        AttachQuick("other");
        var lease = Open(pages: 1);
        device.HoldNext(IoStatus.DeviceError("failed"));

        var result = Do(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8), new IoRegion("other", 0, 8)));

        Assert.Equal(1UL, result.Errors.Value);
        Assert.True(result.BufferHeld);
    }

    [Fact]
    public void R18_a_lease_that_was_put_ends_when_the_device_releases_the_memory()
    {
        var device = AttachHolding();
        var lease = Open(pages: 2);
        device.HoldNext(IoStatus.Ok);
        Do(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)));

        Supervisor.Tell(new Put(lease.Lease.Id, 2), TestActor);
        WaitUntilHandled(Supervisor);
        Assert.Equal(2, PoolStatus().Draining);
        device.Release();

        ExpectMsg<PutDone>();
        Assert.Equal(0, PoolStatus().Draining);
    }

    [Fact]
    public void R18_a_request_actor_that_stops_keeps_the_pages_until_the_device_releases_the_memory()
    {
        var device = AttachHolding();
        var lease = Open(pages: 2);
        device.HoldNext(IoStatus.Ok);
        Do(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)));

        Sys.Stop(lease.Requests);
        AwaitAssert(() => Assert.True(PoolStatus().Draining >= 2));
        WaitUntilHandled(Supervisor);
        Assert.True(PoolStatus().Draining >= 2);
        device.Release();

        AwaitAssert(() => Assert.Equal(0, PoolStatus().Draining));
    }

    [Fact]
    public void R5_merged_writes_that_failed_are_not_repeated_while_the_device_holds_their_memory()
    {
        var device = AttachHolding();
        var lease = Open(pages: 2);
        device.HoldNext(IoStatus.DeviceError("failed"));
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)));
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 8, 8)));

        IoResult[] results = [ExpectDone(), ExpectDone()];

        Assert.All(results.Where(result => !result.IsOk), result => Assert.True(result.BufferHeld));
        Assert.Contains(results, result => !result.IsOk);
    }

    private HoldingDevice AttachHolding()
    {
        var device = new HoldingDevice(new MemoryDevice(ByteSize.FromMiB(1)));
        Attach("disk", device);
        return device;
    }
}

using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.ServiceProtocol;

namespace DmIo.Actors.Tests.Service;

/// <summary>R14: flushes, durable writes, and devices that fail at one.</summary>
public sealed class FlushTests : ServiceTests
{
    private static readonly IoStatus Bad = IoStatus.DeviceError("The cache is lost.", errno: 5);

    [Fact]
    public void R14_a_flush_reaches_each_named_device_and_answers_for_each()
    {
        var (first, second, third) = (AttachQuick("first"), AttachQuick("second"), AttachQuick("third"));
        second.Automatic = _ => Bad;
        var lease = Open(pages: 1);

        var result = Do(lease, Flush("first", "second", "third", "gone"));

        Assert.Equal(0b1010UL, result.Errors.Value);
        Assert.Equal((IoStatusCode.DeviceError, IoStatusCode.DeviceGone), (result[1].Code, result[3].Code));
        Assert.All(
            [first, second, third],
            device => Assert.Equal(IoOperation.Flush, Assert.Single(device.Calls).Operation));
    }

    [Fact]
    public async Task R14_a_durable_write_completes_after_the_flush_behind_it()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)) with { ForceUnitAccess = true });
        var write = await device.NextCallAsync();
        Assert.Equal((IoOperation.Write, false), (write.Operation, write.ForceUnitAccess));
        write.Complete();
        var flush = await device.NextCallAsync();
        Assert.Equal(IoOperation.Flush, flush.Operation);
        WaitUntilHandled(lease.Requests);
        Assert.False(HasMessages);

        flush.Complete();

        Assert.True(ExpectDone().IsOk);
    }

    [Fact]
    public void R14_a_durable_write_is_one_call_where_the_device_can_do_that()
    {
        var device = AttachQuick("disk", describe: description => description with { HasForceUnitAccess = true });
        var lease = Open(pages: 1);

        Assert.True(Do(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)) with { ForceUnitAccess = true }).IsOk);

        Assert.True(Assert.Single(device.Calls).ForceUnitAccess);
    }

    [Fact]
    public void R14_after_a_failed_flush_the_device_stays_failed_though_a_later_flush_would_succeed()
    {
        var device = AttachQuick("disk");
        device.Automatic = call => call.Operation == IoOperation.Flush ? Bad : IoStatus.Ok;
        var lease = Open(pages: 1);
        Assert.Equal(IoStatusCode.DeviceError, Do(lease, Flush("disk"))[0].Code);
        device.Automatic = _ => IoStatus.Ok;

        var flush = Do(lease, Flush("disk"));
        var write = Do(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));

        Assert.Equal((IoStatusCode.DeviceFailed, 5), (flush[0].Code, flush[0].Failure!.Errno));
        Assert.Contains("The cache is lost.", flush[0].Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(IoStatusCode.DeviceFailed, write[0].Code);
        Assert.Single(device.Calls);
    }

    [Fact]
    public void R14_a_failed_flush_behind_a_durable_write_fails_the_device_too()
    {
        var device = AttachQuick("disk");
        device.Automatic = call => call.Operation == IoOperation.Flush ? Bad : IoStatus.Ok;
        var lease = Open(pages: 1);

        var write = Do(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)) with { ForceUnitAccess = true });
        var memory = Pattern(1, 2);
        var read = Do(lease, Read(memory, new IoRegion("disk", 0, 1)));

        Assert.Equal((IoStatusCode.DeviceError, IoStatusCode.DeviceFailed), (write[0].Code, read[0].Code));
        Assert.All(memory, value => Assert.Equal(0, value));
    }

    [Fact]
    public void R14_a_failed_write_that_was_not_durable_leaves_the_device_in_service()
    {
        var device = AttachQuick("disk");
        device.Automatic = call => call.Operation == IoOperation.Write ? Bad : IoStatus.Ok;
        var lease = Open(pages: 1);
        Assert.Equal(IoStatusCode.DeviceError, Do(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)))[0].Code);
        device.Automatic = _ => IoStatus.Ok;

        Assert.True(Do(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1))).IsOk);
    }

    [Fact]
    public async Task R14_what_waited_behind_the_failed_flush_fails_too()
    {
        var device = Attach("disk", queueDepth: 1);
        var lease = Open(pages: 8);
        Send(lease, Flush("disk"));
        var flush = await device.NextCallAsync();
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        WaitUntilHandled(lease.Requests);

        flush.Fail();

        Assert.Equal(IoStatusCode.DeviceError, ExpectDone()[0].Code);
        Assert.Equal(IoStatusCode.DeviceFailed, ExpectDone()[0].Code);
        Assert.Single(device.Calls);
    }

    [Fact]
    public void R14_whoever_knows_of_the_failed_flush_finds_the_device_failed()
    {
        AttachQuick("disk").Automatic = _ => Bad;
        Sys.EventStream.Subscribe(TestActor, typeof(ServiceEvents.DeviceHasFailed));
        var lease = Open(pages: 1);
        var done = CreateTestProbe();
        lease.Requests.Tell(Flush("disk"), done.Ref);
        done.ExpectMsg<IoProtocol.IoDone>();

        Supervisor.Tell(GetDevices.Instance, done.Ref);

        Assert.Equal(DeviceState.Failed, Assert.Single(done.ExpectMsg<DeviceList>().Devices).State);
        Assert.Equal("disk", ExpectMsg<ServiceEvents.DeviceHasFailed>().Name);
    }

    [Fact]
    public void R14_attaching_anew_brings_a_failed_device_back()
    {
        AttachQuick("disk").Automatic = _ => Bad;
        var lease = Open(pages: 1);
        Do(lease, Flush("disk"));
        Supervisor.Tell(new DetachDevice("disk"), TestActor);
        ExpectMsg<DeviceDetached>();
        AttachQuick("disk");

        Assert.True(Do(lease, Flush("disk")).IsOk);
    }
}

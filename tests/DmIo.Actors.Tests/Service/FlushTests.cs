using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Devices;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Service;

/// <summary>R14: flushes, durable writes, and devices that fail at a flush.</summary>
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
    public void R14_after_a_failed_flush_the_device_stays_failed_even_if_a_later_flush_would_succeed()
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
    public async Task R14_io_that_waited_behind_the_failed_flush_fails_too()
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
    public void R14_the_device_is_failed_before_the_failed_flush_is_reported()
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
    public void R14_a_device_that_is_attached_again_serves()
    {
        AttachQuick("disk").Automatic = _ => Bad;
        var lease = Open(pages: 1);
        Do(lease, Flush("disk"));
        Supervisor.Tell(new DetachDevice("disk"), TestActor);
        ExpectMsg<DeviceDetached>();
        AttachQuick("disk");

        Assert.True(Do(lease, Flush("disk")).IsOk);
    }

    [Fact]
    public void R14_a_reopened_device_serves_again_and_can_fail_again()
    {
        var device = AttachFailed("disk");
        device.Automatic = _ => IoStatus.Ok;
        Sys.EventStream.Subscribe(TestActor, typeof(ServiceEvents.DeviceReopened));
        var lease = Open(pages: 1);

        Supervisor.Tell(new ReopenDevice("disk"), TestActor);

        Assert.Equal("disk", ExpectMsg<ServiceEvents.DeviceReopened>().Name);
        Assert.Equal("disk", ExpectMsg<DeviceReopened>().Name);
        Assert.Equal(DeviceState.Online, StateOf("disk"));
        Assert.True(Do(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1))).IsOk);
        Assert.True(Do(lease, Flush("disk")).IsOk);
        device.Automatic = _ => Bad;
        Assert.Equal(IoStatusCode.DeviceError, Do(lease, Flush("disk"))[0].Code);
        Assert.Equal(DeviceState.Failed, StateOf("disk"));
    }

    [Fact]
    public void A_device_that_has_not_failed_or_does_not_exist_is_not_reopened()
    {
        AttachQuick("disk");

        foreach (var (name, named) in new[] { ("disk", "has not failed"), ("gone", "'gone'"), (null, "No device") })
        {
            Supervisor.Tell(new ReopenDevice(name!), TestActor);
            Assert.Contains(named, ExpectMsg<ReopenRefused>().Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void R14_a_device_that_still_accepts_no_writes_stays_failed()
    {
        var device = AttachFailed("disk");
        device.Automatic = _ => IoStatus.Ok;
        device.DropCache = () => Bad;
        var lease = Open(pages: 1);

        Supervisor.Tell(new ReopenDevice("disk"), TestActor);

        Assert.Contains("The cache is lost.", ExpectMsg<ReopenRefused>().Reason, StringComparison.Ordinal);
        Assert.Equal(DeviceState.Failed, StateOf("disk"));
        Assert.Equal(IoStatusCode.DeviceFailed, Do(lease, Flush("disk"))[0].Code);
        device.DropCache = () => IoStatus.Ok;
        Supervisor.Tell(new ReopenDevice("disk"), TestActor);
        ExpectMsg<DeviceReopened>();
    }

    [Fact]
    public async Task R14_a_device_is_reopened_after_its_io_in_flight()
    {
        var device = Attach("disk", queueDepth: 4);
        var lease = Open(pages: 8);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        var write = await device.NextCallAsync();
        Send(lease, Flush("disk"));
        var flush = await device.NextCallAsync();
        flush.Fail();
        Assert.Equal(IoStatusCode.DeviceError, ExpectDone()[0].Code);

        Supervisor.Tell(new ReopenDevice("disk"), TestActor);
        WaitUntilHandled(Supervisor);
        WaitUntilHandled(DeviceActor("disk"));
        Assert.False(HasMessages);
        Supervisor.Tell(new ReopenDevice("disk"), TestActor);
        Assert.Contains("already", ExpectMsg<ReopenRefused>().Reason, StringComparison.Ordinal);
        write.Complete();

        Assert.Equal(
            ["DeviceReopened", "IoDone"],
            new[] { ExpectMsg<object>(), ExpectMsg<object>() }.Select(message => message.GetType().Name).Order());
        Assert.Empty(device.Violations);
    }

    [Fact]
    public async Task A_device_that_is_detached_while_it_waits_is_not_reopened()
    {
        var device = Attach("disk", queueDepth: 4);
        var lease = Open(pages: 8);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        var write = await device.NextCallAsync();
        Send(lease, Flush("disk"));
        var flush = await device.NextCallAsync();
        flush.Fail();
        ExpectDone();
        Supervisor.Tell(new ReopenDevice("disk"), TestActor);

        Supervisor.Tell(new DetachDevice("disk"), TestActor);

        Assert.Contains("out of service", ExpectMsg<ReopenRefused>().Reason, StringComparison.Ordinal);
        write.Complete();
        Assert.Equal(
            ["DeviceDetached", "IoDone"],
            new[] { ExpectMsg<object>(), ExpectMsg<object>() }.Select(message => message.GetType().Name).Order());
    }

    [Fact]
    public void R14_with_read_after_failure_a_failed_device_is_read_once_its_cache_is_dropped()
    {
        var dropped = 0;
        var device = AttachFailed("disk", description => description with { ReadsAfterFailure = true });
        device.Automatic = _ => IoStatus.Ok;
        device.DropCache = () =>
        {
            dropped++;
            device.Bytes(0, 1).Span.Fill(3);
            return Bad;
        };
        var lease = Open(pages: 1);
        var memory = Pattern(1, 2);

        // The failed flush already dropped the cache; a refused reopening drops it again.
        Supervisor.Tell(new ReopenDevice("disk"), TestActor);
        ExpectMsg<ReopenRefused>();
        var read = Do(lease, Read(memory, new IoRegion("disk", 0, 1)));

        Assert.True(read.IsOk);
        Assert.All(memory, value => Assert.Equal(3, value));
        Assert.Equal(IoStatusCode.DeviceFailed, Do(lease, Write(memory, new IoRegion("disk", 0, 1)))[0].Code);
        Assert.Equal(IoStatusCode.DeviceFailed, Do(lease, Flush("disk"))[0].Code);
        Assert.Equal(1, dropped);
    }

    [Fact]
    public async Task R14_with_read_after_failure_reads_wait_for_io_in_flight_that_fills_the_cache()
    {
        var device = Attach(
            "disk", queueDepth: 4, describe: description => description with { ReadsAfterFailure = true });
        var lease = Open(pages: 8);
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)));
        var write = await device.NextCallAsync();
        Send(lease, Flush("disk"));
        var flush = await device.NextCallAsync();
        flush.Fail();
        ExpectDone();
        Send(lease, Read(Pattern(1, 2), new IoRegion("disk", 8, 1)));
        WaitUntilQuiet(lease, "disk");
        Assert.False(HasMessages || device.HasNextCall);

        write.Complete();

        Assert.True(ExpectDone().IsOk);
        (await device.NextCallAsync()).Complete();
        Assert.True(ExpectDone().IsOk);
        Assert.Empty(device.Violations);
    }

    private ManualDevice AttachFailed(string name, Func<DeviceDescription, DeviceDescription>? describe = null)
    {
        var device = AttachQuick(name, describe: describe);
        device.Automatic = _ => Bad;
        Assert.Equal(IoStatusCode.DeviceError, Do(Open(pages: 1), Flush(name))[0].Code);
        return device;
    }

    private DeviceState StateOf(string name)
    {
        Supervisor.Tell(GetDevices.Instance, TestActor);
        return ExpectMsg<DeviceList>().Devices.Single(device => device.Name == name).State;
    }
}

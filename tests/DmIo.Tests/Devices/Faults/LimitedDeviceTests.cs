using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Faults;

public sealed class LimitedDeviceTests
{
    private readonly MemoryDevice disk = new(ByteSize.FromSectors(64));

    [Fact]
    public void The_description_has_the_given_limits()
    {
        var device = new LimitedDevice(
            disk, description => description with { Capacity = ByteSize.FromSectors(8), IsReadOnly = true });
        Assert.Equal((8L, true), (device.Description.Capacity.Sectors.Value, device.Description.IsReadOnly));
    }

    [Fact]
    public void A_limit_that_the_inner_device_does_not_support_is_refused()
    {
        AssertRefused("Capacity", description => description with { Capacity = ByteSize.FromSectors(65) });
        AssertRefused(
            "MaxTransfer", description => description with { MaxTransfer = ByteSize.FromBytes(long.MaxValue) });
        AssertRefused("MaxTransfer", description => description with { MaxTransfer = ByteSize.FromBytes(100) });
        AssertRefused("MaxSegments", description => description with { MaxSegments = 0 });
        AssertRefused("MaxDiscard", description => description with { MaxDiscard = ByteSize.FromSectors(65) });
        AssertRefused("BlockSize", description => description with { BlockSize = ByteSize.FromBytes(1000) });
        AssertRefused("BlockSize", description => description with { BlockSize = ByteSize.FromBytes(256) });
    }

    [Fact]
    public void A_read_only_device_cannot_be_made_writable()
    {
        var readOnly = new LimitedDevice(disk, description => description with { IsReadOnly = true });
        Assert.Throws<ArgumentException>(
            () => new LimitedDevice(readOnly, description => description with { IsReadOnly = false }));
    }

    [Fact]
    public void A_volatile_cache_cannot_be_hidden()
    {
        var cached = new LimitedDevice(disk, description => description with { HasVolatileCache = true });
        Assert.Throws<ArgumentException>(
            () => new LimitedDevice(cached, description => description with { HasVolatileCache = false }));
    }

    [Fact]
    public async Task R14_without_FUA_of_the_inner_device_a_durable_write_is_a_write_and_a_flush()
    {
        var cached = new LimitedDevice(disk, description => description with { HasVolatileCache = true });
        var recording = new RecordingDevice(cached);
        var device = new LimitedDevice(recording, description => description with { HasForceUnitAccess = true });
        await device.WriteAsync(0, Bytes.Batch(new byte[512]), forceUnitAccess: true);
        Assert.Equal([IoOperation.Write, IoOperation.Flush], recording.Calls.Select(call => call.Operation));
        Assert.Empty(recording.Violations);
    }

    private void AssertRefused(string member, Func<DeviceDescription, DeviceDescription> limit) =>
        Assert.Equal(member, Assert.Throws<ArgumentException>(() => new LimitedDevice(disk, limit)).ParamName);
}

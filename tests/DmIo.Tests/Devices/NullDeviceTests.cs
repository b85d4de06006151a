using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices;

public sealed class NullDeviceTests
{
    [Fact]
    public async Task A_write_is_dropped_and_a_read_returns_zeroes()
    {
        await using var device = new NullDevice(ByteSize.FromSectors(8));
        Assert.Equal(TransferResult.Moved(4096), await device.WriteAsync(0, Bytes.Batch(Bytes.Filled(4096, 1)), false));
        var read = Bytes.Filled(4096, 0xEE);
        Assert.Equal(TransferResult.Moved(4096), await device.ReadAsync(0, Bytes.Batch(read)));
        Assert.Equal(new byte[4096], read);
    }

    [Theory]
    [InlineData(IoOperation.Flush)]
    [InlineData(IoOperation.Discard)]
    [InlineData(IoOperation.WriteZeroes)]
    public async Task Other_operations_succeed(IoOperation operation)
    {
        await using var device = new NullDevice(ByteSize.FromSectors(SectorCount.MaxValue));
        var status = await RegionCalls.RunAsync(device, operation, 0, SectorCount.MaxValue, null, false);
        Assert.Equal(IoStatus.Ok, status);
    }

    [Fact]
    public async Task R13_ranges_beyond_the_end_fail()
    {
        var device = new NullDevice(ByteSize.FromSectors(8));
        var status = await RegionCalls.RunAsync(device, IoOperation.Write, 8, 1, new byte[512], false);
        Assert.Equal(IoStatusCode.OutOfRange, status.Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(long.MaxValue)]
    public void An_invalid_capacity_is_refused(long bytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new NullDevice(ByteSize.FromBytes(bytes)));
}

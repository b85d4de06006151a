using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices;

public sealed class NullDeviceTests
{
    [Fact]
    public async Task A_write_vanishes_and_a_read_gives_zeroes()
    {
        await using var device = new NullDevice(8);
        Assert.Equal(TransferResult.Moved(4096), await device.WriteAsync(0, Bytes.Batch(Bytes.Filled(4096, 1)), false));
        var read = Bytes.Filled(4096, 0xEE);
        Assert.Equal(TransferResult.Moved(4096), await device.ReadAsync(0, Bytes.Batch(read)));
        Assert.Equal(new byte[4096], read);
    }

    [Theory]
    [InlineData(IoOperation.Flush)]
    [InlineData(IoOperation.Discard)]
    [InlineData(IoOperation.WriteZeroes)]
    public async Task All_else_succeeds(IoOperation operation)
    {
        await using var device = new NullDevice(SectorCount.MaxValue);
        var status = await RegionCalls.RunAsync(device, operation, 0, SectorCount.MaxValue, null, false);
        Assert.Equal(IoStatus.Ok, status);
    }

    [Fact]
    public async Task R13_it_has_an_end() => Assert.Equal(
        IoStatusCode.OutOfRange,
        (await RegionCalls.RunAsync(new NullDevice(8), IoOperation.Write, 8, 1, new byte[512], false)).Code);

    [Theory]
    [InlineData(0)]
    [InlineData(SectorCount.MaxValue + 1)]
    public void An_impossible_capacity_is_refused(long capacity) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new NullDevice(capacity));
}

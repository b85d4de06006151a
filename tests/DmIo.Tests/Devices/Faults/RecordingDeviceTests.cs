using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Faults;

public sealed class RecordingDeviceTests
{
    [Fact]
    public async Task It_records_all_calls()
    {
        var device = new RecordingDevice(new MemoryDevice(ByteSize.FromSectors(64)));
        await device.WriteAsync(1, Bytes.Batch(new byte[512], new byte[512]), false);
        await device.FlushAsync();
        await device.DiscardAsync(4, 2);
        Assert.Equal(
            [
                new RecordedCall(IoOperation.Write, 1, 1024, SegmentCount: 2),
                new RecordedCall(IoOperation.Flush, 0, 0),
                new RecordedCall(IoOperation.Discard, 4, 1024),
            ],
            device.Calls);
        Assert.Empty(device.Violations);
    }

    [Fact]
    public async Task It_records_the_maximum_number_of_concurrent_calls()
    {
        var stuck = new HungDevice(new MemoryDevice(ByteSize.FromSectors(64)));
        var device = new RecordingDevice(stuck);
        var calls = Enumerable.Range(0, 3).Select(sector => device.DiscardAsync(sector, 1).AsTask()).ToArray();
        Assert.Equal(3, device.InFlight);
        stuck.Release();
        await Task.WhenAll(calls);
        Assert.Equal((0, 3), (device.InFlight, device.MaxInFlight));
    }

    [Theory]
    [InlineData(63, 2, "within the capacity")]
    [InlineData(-8, 8, "within the capacity")]
    [InlineData(1, 8, "whole blocks")]
    [InlineData(0, 4, "whole blocks")]
    [InlineData(0, 32, "within the limit")]
    [InlineData(0, 0, "not empty")]
    public async Task It_records_violations_of_the_contract(int start, int count, string promise)
    {
        var limited = new LimitedDevice(
            new NullDevice(ByteSize.FromSectors(64)),
            description => description with { BlockSize = ByteSize.FromKiB(4), MaxTransfer = ByteSize.FromKiB(8) });
        var device = new RecordingDevice(limited);
        await device.ReadAsync(start, Bytes.Batch(new byte[count * 512]));
        Assert.Contains(device.Violations, violation => violation.Contains(promise, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_write_that_overlaps_a_call_in_flight_is_recorded()
    {
        var stuck = new HungDevice(new MemoryDevice(ByteSize.FromSectors(64)));
        var device = new RecordingDevice(stuck);
        var first = device.ReadAsync(0, Bytes.Batch(new byte[1024])).AsTask();
        var second = device.WriteAsync(1, Bytes.Batch(new byte[512]), false).AsTask();
        stuck.Release();
        await Task.WhenAll(first, second);
        Assert.Contains("no overlap with a call in flight", Assert.Single(device.Violations));
    }

    [Fact]
    public async Task Two_reads_may_overlap()
    {
        var stuck = new HungDevice(new MemoryDevice(ByteSize.FromSectors(64)));
        var device = new RecordingDevice(stuck);
        var first = device.ReadAsync(0, Bytes.Batch(new byte[1024])).AsTask();
        var second = device.ReadAsync(1, Bytes.Batch(new byte[512])).AsTask();
        stuck.Release();
        await Task.WhenAll(first, second);
        Assert.Empty(device.Violations);
    }
}

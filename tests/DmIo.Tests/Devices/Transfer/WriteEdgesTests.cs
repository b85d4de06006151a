using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Devices.Transfer;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Transfer;

/// <summary>Writes of bytes within sectors: the blocks that are read, the data that is written, and failures.</summary>
public sealed class WriteEdgesTests
{
    private const int Seed = 5;

    private readonly MemoryDevice disk = new(ByteSize.FromSectors(64));

    [Theory]
    [InlineData(1, 100, 100, new long[] { 512 })]
    [InlineData(2, 100, 100, new long[] { 1024 })]
    [InlineData(3, 100, 100, new long[] { 512, 512 })]
    [InlineData(3, 100, 0, new long[] { 512 })]
    [InlineData(3, 0, 100, new long[] { 512 })]
    [InlineData(3, 0, 0, new long[0])]
    public async Task Only_the_blocks_at_the_ends_are_read_and_everything_is_written_together(
        int count, int head, int tail, long[] reads)
    {
        var recording = new RecordingDevice(disk);
        await WriteAsync(recording, 8, count, new WriteEdges(head, tail));
        Assert.Equal(reads, recording.Calls.Where(IsRead).Select(call => call.LengthBytes));
        var write = recording.Calls[^1];
        Assert.Equal((IoOperation.Write, count * 512L), (write.Operation, write.LengthBytes));
        Assert.Empty(recording.Violations);
    }

    [Fact]
    public async Task Blocks_of_4096_bytes_are_read_and_written_whole()
    {
        var recording =
            new RecordingDevice(disk.Limit(description => description with { BlockSize = ByteSize.FromKiB(4) }));
        await WriteAsync(recording, 8, 24, new WriteEdges(1000, 4000));
        Assert.Equal([4096L, 4096L, 3 * 4096L], recording.Calls.Select(call => call.LengthBytes));
        Assert.Empty(recording.Violations);
    }

    [Fact]
    public async Task Whole_blocks_that_are_kept_are_neither_read_nor_written()
    {
        var recording = new RecordingDevice(disk);
        await WriteAsync(recording, 8, 8, new WriteEdges(1024, 1536));
        var write = Assert.Single(recording.Calls);
        Assert.Equal((10, 1536), (write.Start.Value, write.LengthBytes));
    }

    [Fact]
    public async Task Only_the_write_has_FUA()
    {
        var device = new LimitedDevice(disk, description => description with { HasForceUnitAccess = true });
        var recording = new RecordingDevice(device);
        var edges = new WriteEdges(1, 1);
        await recording.RunAsync(IoOperation.Write, 0, 1, new byte[510], forceUnitAccess: true, edges: edges);
        Assert.Equal([false, true], recording.Calls.Select(call => call.ForceUnitAccess));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_block_that_cannot_be_read_fails_the_region_and_nothing_is_written(int readsBefore)
    {
        await disk.RunAsync(IoOperation.Write, 0, 64, Bytes.Filled(64 * 512, 7));
        var rule = new FaultRule
        {
            Filter = OperationFilter.On(IoOperation.Read),
            After = readsBefore,
            Errno = 61,
        };
        var faulty = new FaultyDevice(disk, Seed, rule);
        var status = await faulty.RunAsync(
            IoOperation.Write, 0, 8, new byte[4096 - 20], edges: new WriteEdges(10, 10));
        Assert.Equal((IoStatusCode.DeviceError, 61), (status.Code, status.Failure!.Errno));
        Assert.Equal(Bytes.Sectors((64, 7)), await disk.ContentAsync(0, 64));
    }

    [Fact]
    public async Task A_device_that_completes_later_is_read_and_then_written()
    {
        await disk.RunAsync(IoOperation.Write, 0, 64, Bytes.Filled(64 * 512, 7));
        var stuck = new HungDevice(disk);
        var edges = new WriteEdges(10, 20);
        var writing = stuck.RunAsync(IoOperation.Write, 4, 4, Bytes.Filled(2048 - 30, 8), edges: edges);
        Assert.False(writing.IsCompleted);
        stuck.Release();
        Assert.Equal(IoStatus.Ok, await writing);
        byte[] expected = [.. Bytes.Filled(2058, 7), .. Bytes.Filled(2018, 8), .. Bytes.Filled(20, 7)];
        Assert.Equal(expected, await disk.ContentAsync(0, 8));
    }

    [Fact]
    public async Task A_failed_transfer_can_be_reused()
    {
        var faulty = new FaultyDevice(disk, Seed, new FaultRule { MaxCount = 1 });
        var transfer = new RegionTransfer(faulty, () => Assert.Fail("no call completes asynchronously here"));
        transfer.Add(new byte[100], new DeviceOperation(IoOperation.Write, 3, 1), new WriteEdges(206, 206));
        Assert.True(transfer.Start(new DeviceOperation(IoOperation.Write, 3, 1)));
        Assert.False(transfer.Status.IsOk);
        transfer.Add(Bytes.Filled(512, 9), new DeviceOperation(IoOperation.Write, 0, 1));
        Assert.True(transfer.Start(new DeviceOperation(IoOperation.Write, 4, 1)));
        Assert.True(transfer.Status.IsOk);
        Assert.Equal(Bytes.Sectors((1, 0), (1, 9), (1, 0)), await disk.ContentAsync(3, 3));
    }

    private static bool IsRead(RecordedCall call) => call.Operation == IoOperation.Read;

    private async Task WriteAsync(RecordingDevice device, int start, int count, WriteEdges edges)
    {
        await disk.RunAsync(IoOperation.Write, 0, 64, Bytes.Filled(64 * 512, 7));
        var bytes = Bytes.Random((count * 512) - (int)edges.Bytes, Seed);
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Write, start, count, bytes, edges: edges));
        var expected = Bytes.Filled(64 * 512, 7);
        bytes.CopyTo(expected, (start * 512) + edges.HeadBytes);
        Assert.Equal(expected, await disk.ContentAsync(0, 64));
    }
}

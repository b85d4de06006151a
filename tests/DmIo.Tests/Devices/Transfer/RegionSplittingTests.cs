using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Transfer;

/// <summary>One region in several calls: within the limits of the device, and continued after short
/// transfers.</summary>
public sealed class RegionSplittingTests
{
    private const int Seed = 77;

    private readonly MemoryDevice disk = new(ByteSize.FromSectors(64));

    [Fact]
    public async Task R15_a_long_transfer_is_split_to_the_devices_bytes()
    {
        var limited = disk.Limit(description => description with { MaxTransfer = ByteSize.FromBytes(3 * 512) });
        var recording = new RecordingDevice(limited);
        await recording.RunAsync(IoOperation.Write, 0, 8, Bytes.Filled(4096, 1));
        Assert.Equal([1536L, 1536L, 1024L], recording.Calls.Select(call => call.LengthBytes));
        Assert.Empty(recording.Violations);
    }

    [Fact]
    public async Task Zeroes_are_split_and_each_call_carries_their_flags()
    {
        var recording = new RecordingDevice(disk.Limit(description => description with
        {
            MaxWriteZeroes = ByteSize.FromSectors(5)
        }));
        await recording.RunAsync(IoOperation.WriteZeroes, 0, 8, zeroing: WriteZeroesFlags.NoUnmap);
        Assert.Equal(
            [(2560L, WriteZeroesFlags.NoUnmap), (1536L, WriteZeroesFlags.NoUnmap)],
            recording.Calls.Select(call => (call.LengthBytes, call.Zeroing)));
    }

    [Fact]
    public async Task An_operation_reported_as_unsupported_is_not_tried_for_further_chunks()
    {
        var lame = new FaultyDevice(
            disk.Limit(description => description with { MaxWriteZeroes = ByteSize.FromSectors(1) }),
            Seed,
            new FaultRule { Code = IoStatusCode.Unsupported });
        var status = await lame.RunAsync(IoOperation.WriteZeroes, 0, 8, zeroing: WriteZeroesFlags.NoFallback);
        Assert.Equal((IoStatusCode.Unsupported, 1L), (status.Code, lame.Failures));
    }

    [Fact]
    public async Task R15_a_transfer_of_many_segments_is_split_to_the_devices_segments()
    {
        var memory = new SegmentedMemory(Bytes.Random(2050 * 16, Seed), [.. Enumerable.Repeat(16, 2050)]);
        var recording = new RecordingDevice(disk);
        Assert.Equal(IoStatus.Ok, await recording.RunAsync(IoOperation.Write, 0, 64, memory));
        Assert.Equal([1024, 1024], recording.Calls.Select(call => call.SegmentCount));
        Assert.Equal(memory.Array[..(64 * 512)], await disk.ContentAsync(0, 64));
    }

    [Fact]
    public async Task R15_a_split_is_at_a_block_boundary_for_odd_segments()
    {
        var memory = new SegmentedMemory(Bytes.Random(4096, Seed), [700, 700, 700, 700, 700, 596]);
        var recording = new RecordingDevice(disk.Limit(description => description with { MaxSegments = 2 }));
        Assert.Equal(IoStatus.Ok, await recording.RunAsync(IoOperation.Write, 0, 8, memory));
        Assert.Empty(recording.Violations);
        Assert.Equal(memory.Array, await disk.ContentAsync(0, 8));
    }

    [Fact]
    public async Task R15_a_block_of_more_segments_than_the_device_accepts_is_copied()
    {
        var written = new SegmentedMemory(Bytes.Random(2048, Seed), [.. Enumerable.Repeat(64, 32)]);
        var recording = new RecordingDevice(disk.Limit(description => description with { MaxSegments = 3 }));
        Assert.Equal(IoStatus.Ok, await recording.RunAsync(IoOperation.Write, 0, 4, written));
        var read = new SegmentedMemory(new byte[2048], [.. Enumerable.Repeat(32, 64)]);
        Assert.Equal(IoStatus.Ok, await recording.RunAsync(IoOperation.Read, 0, 4, read));
        Assert.Equal(written.Array, read.Array);
        Assert.Empty(recording.Violations);
    }

    [Fact]
    public async Task R8_a_failed_read_through_a_copy_is_zero_filled_too()
    {
        await disk.RunAsync(IoOperation.Write, 0, 4, Bytes.Filled(2048, 0x11));
        var faulty = new FaultyDevice(disk, Seed, new FaultRule { Filter = new() { Start = 1, Count = 1 } });
        var device = faulty.Limit(description => description with { MaxSegments = 3 });
        var read = new SegmentedMemory(Bytes.Filled(2048, 0xEE), [.. Enumerable.Repeat(32, 64)]);
        Assert.Equal(IoStatusCode.DeviceError, (await device.RunAsync(IoOperation.Read, 0, 4, read)).Code);
        Assert.Equal([.. Bytes.Filled(512, 0x11), .. new byte[512], .. Bytes.Filled(1024, 0x11)], read.Array);
    }

    [Fact]
    public async Task R15_a_short_transfer_is_continued_from_its_last_whole_block()
    {
        var starts = new List<long>();
        var device = new ScriptedDevice(disk, (start, batch) =>
        {
            starts.Add(start.Value);
            return batch.LengthBytes > 1700 ? TransferResult.Moved(1700) : null;
        });
        var bytes = new byte[4096];
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Read, 0, 8, bytes));
        Assert.Equal([0L, 3L, 6L], starts);
    }

    [Fact]
    public async Task R15_the_end_of_file_inside_the_device_is_an_error()
    {
        var device = new ScriptedDevice(disk, (_, _) => TransferResult.Moved(0));
        var status = await device.RunAsync(IoOperation.Read, 0, 8, new byte[4096]);
        Assert.Equal((IoStatusCode.DeviceError, 5), (status.Code, status.Failure!.Errno));
        Assert.Contains("End of file", status.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R15_two_calls_without_a_whole_block_are_an_error()
    {
        var calls = 0;
        var device = new ScriptedDevice(disk, (_, _) =>
        {
            calls++;
            return TransferResult.Moved(100);
        });
        var bytes = Bytes.Filled(4096, 0xEE);
        var status = await device.RunAsync(IoOperation.Read, 0, 8, bytes);
        Assert.Equal((IoStatusCode.DeviceError, 5, 2), (status.Code, status.Failure!.Errno, calls));
        Assert.Equal(new byte[4096], bytes);
    }

    [Fact]
    public async Task One_call_without_a_whole_block_is_tried_again()
    {
        var calls = 0;
        var device = new ScriptedDevice(disk, (_, _) => calls++ == 0 ? TransferResult.Moved(0) : null);
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Write, 0, 8, Bytes.Filled(4096, 5)));
        Assert.Equal(Bytes.Sectors((8, 5)), await disk.ContentAsync(0, 8));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4097)]
    [InlineData(long.MaxValue)]
    public async Task A_device_that_returns_an_invalid_length_fails_the_region(long claimed)
    {
        var device = new ScriptedDevice(disk, (_, _) => TransferResult.Moved(claimed));
        var bytes = Bytes.Filled(4096, 0xEE);
        var status = await device.RunAsync(IoOperation.Read, 0, 8, bytes);
        Assert.Equal(IoStatusCode.DeviceError, status.Code);
        Assert.Equal(new byte[4096], bytes);
    }
}

using DmIo.Devices;
using DmIo.Devices.Decorators;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Devices;

/// <summary>One region on one device: splitting, continuing, zero-filling.</summary>
public sealed class RegionTransferTests
{
    private const int Seed = 77;

    private static readonly SectorCount Capacity = 64;

    private readonly MemoryDevice disk = new(Capacity);

    [Fact]
    public async Task R5_a_region_shorter_than_the_memory_gets_its_beginning()
    {
        var bytes = Bytes.Random(8 * Sector.SizeBytes, Seed);
        Assert.Equal(IoStatus.Ok, await RunAsync(disk, IoOperation.Write, 4, 2, bytes));
        Assert.Equal(bytes[..1024], await ContentAsync(4, 2));
        Assert.Equal(new byte[1024], await ContentAsync(6, 2));
    }

    [Fact]
    public async Task R7_a_failed_chunk_fails_the_region_and_the_others_are_still_written()
    {
        var faulty = new FaultyDevice(disk, Seed, new FaultRule { Filter = new() { Start = 4, Count = 1 } });
        var recording = new RecordingDevice(faulty);
        var device = Limit(recording, description => description with { MaxTransferBytes = 1024 });
        var bytes = Bytes.Filled(16 * Sector.SizeBytes, 9);
        var status = await RunAsync(device, IoOperation.Write, 0, 16, bytes);
        Assert.Equal(IoStatusCode.DeviceError, status.Code);
        Assert.Equal(8, recording.Calls.Count);
        Assert.Equal(new byte[1024], await ContentAsync(4, 2));
        Assert.Equal(Bytes.Sectors((10, 9)), await ContentAsync(6, 10));
    }

    [Fact]
    public async Task R7_the_first_failure_is_the_status()
    {
        var device = new FaultyDevice(
            disk,
            Seed,
            new FaultRule { Filter = new() { Start = 2, Count = 1 }, Errno = 28 },
            new FaultRule { Filter = new() { Start = 5, Count = 1 }, Errno = 5 });
        var limited = Limit(device, description => description with { MaxTransferBytes = 512 });
        var status = await RunAsync(limited, IoOperation.Write, 0, 8, Bytes.Filled(4096, 1));
        Assert.Equal(28, status.Failure?.Errno);
    }

    [Theory]
    [InlineData(IoOperation.Discard)]
    [InlineData(IoOperation.WriteZeroes)]
    public async Task R7_a_failed_piece_of_a_range_operation_stops_no_other(IoOperation operation)
    {
        var recording = new RecordingDevice(disk);
        var rule = new FaultRule { Filter = OperationFilter.On(operation), AtMost = 1 };
        var faulty = new FaultyDevice(recording, Seed, rule);
        var device = Limit(faulty, description => description with { MaxDiscard = 5, MaxWriteZeroes = 5 });
        var status = await RegionTransfer.RunAsync(device, operation, 1, 13, null, false);
        Assert.Equal(IoStatusCode.DeviceError, status.Code);
        Assert.Equal(
            [(6L, 5L), (11L, 3L)],
            recording.Calls.Select(call => (call.Start.Value, call.LengthBytes / Sector.SizeBytes)));
    }

    [Fact]
    public async Task R8_a_failed_read_zero_fills_what_was_not_delivered()
    {
        await RunAsync(disk, IoOperation.Write, 0, 8, Bytes.Filled(4096, 0x11));
        var device = new FaultyDevice(disk, Seed, new FaultRule { PartialBytes = 1000 });
        var bytes = Bytes.Filled(5000, 0xEE);
        var status = await RunAsync(device, IoOperation.Read, 0, 8, bytes);
        Assert.Equal(IoStatusCode.DeviceError, status.Code);
        Assert.Equal(Bytes.Filled(1000, 0x11), bytes[..1000]);
        Assert.Equal(new byte[3096], bytes[1000..4096]);
        Assert.Equal(Bytes.Filled(904, 0xEE), bytes[4096..]);
    }

    [Fact]
    public async Task R8_only_the_failed_chunk_of_a_read_is_zero_filled()
    {
        await RunAsync(disk, IoOperation.Write, 0, 8, Bytes.Filled(4096, 0x11));
        var faulty = new FaultyDevice(disk, Seed, new FaultRule { Filter = new() { Start = 2, Count = 2 } });
        var device = Limit(faulty, description => description with { MaxTransferBytes = 1024 });
        var bytes = Bytes.Filled(4096, 0xEE);
        await RunAsync(device, IoOperation.Read, 0, 8, bytes);
        Assert.Equal([.. Bytes.Filled(1024, 0x11), .. new byte[1024], .. Bytes.Filled(2048, 0x11)], bytes);
    }

    [Fact]
    public async Task R8_a_read_that_throws_is_zero_filled_and_keeps_the_exception()
    {
        var defect = new InvalidOperationException("a defect");
        var device = new ScriptedDevice(disk, (_, batch) =>
        {
            batch.Segments[0].Span.Fill(0xDD);
            throw defect;
        });
        var bytes = Bytes.Filled(4096, 0xEE);
        var status = await RunAsync(device, IoOperation.Read, 0, 8, bytes);
        Assert.Same(defect, status.Failure?.Exception);
        Assert.Equal(new byte[4096], bytes);
    }

    [Theory]
    [InlineData(60, 8, IoStatusCode.OutOfRange)]
    [InlineData(1, 8, IoStatusCode.Misaligned)]
    public async Task R8_a_read_that_never_reached_the_device_is_zero_filled(
        int start, int count, IoStatusCode expected)
    {
        var device = Limit(disk, description => description with { BlockSizeBytes = 4096 });
        var bytes = Bytes.Filled(4096, 0xEE);
        var status = await RunAsync(device, IoOperation.Read, start, count, bytes);
        Assert.Equal(expected, status.Code);
        Assert.Equal(new byte[4096], bytes);
    }

    [Fact]
    public async Task R8_a_read_of_an_impossible_length_zero_fills_the_memory_there_is()
    {
        var bytes = Bytes.Filled(4096, 0xEE);
        var status = await RunAsync(disk, IoOperation.Read, 1, long.MaxValue, bytes);
        Assert.Equal(IoStatusCode.OutOfRange, status.Code);
        Assert.Equal(new byte[4096], bytes);
    }

    [Fact]
    public async Task R13_nothing_reaches_the_device_when_the_range_is_outside()
    {
        var recording = new RecordingDevice(disk);
        var status = await RunAsync(recording, IoOperation.Write, 63, 2, Bytes.Filled(1024, 1));
        Assert.Equal(IoStatusCode.OutOfRange, status.Code);
        Assert.Empty(recording.Calls);
    }

    [Fact]
    public async Task A_count_of_0_reaches_no_device_wherever_it_starts()
    {
        var recording = new RecordingDevice(disk);
        foreach (var operation in Enum.GetValues<IoOperation>().Where(operation => operation != IoOperation.Flush))
        {
            var status = await RegionTransfer.RunAsync(recording, operation, long.MaxValue, 0, null, false);
            Assert.Equal(IoStatus.Ok, status);
        }

        Assert.Empty(recording.Calls);
    }

    [Fact]
    public async Task R15_a_long_transfer_is_split_to_the_devices_bytes()
    {
        var limited = Limit(disk, description => description with { MaxTransferBytes = 3 * 512 });
        var recording = new RecordingDevice(limited);
        await RunAsync(recording, IoOperation.Write, 0, 8, Bytes.Filled(4096, 1));
        Assert.Equal([1536L, 1536L, 1024L], recording.Calls.Select(call => call.LengthBytes));
        Assert.Empty(recording.Violations);
    }

    [Fact]
    public async Task R15_a_transfer_of_many_segments_is_split_to_the_devices_segments()
    {
        var memory = new SegmentedMemory(Bytes.Random(2050 * 16, Seed), [.. Enumerable.Repeat(16, 2050)]);
        var recording = new RecordingDevice(disk);
        Assert.Equal(IoStatus.Ok, await RunAsync(recording, IoOperation.Write, 0, 64, memory));
        Assert.Equal([1024, 1024], recording.Calls.Select(call => call.SegmentCount));
        Assert.Equal(memory.Array[..(64 * 512)], await ContentAsync(0, 64));
    }

    [Fact]
    public async Task R15_a_cut_falls_on_a_block_boundary_when_segments_are_odd()
    {
        var memory = new SegmentedMemory(Bytes.Random(4096, Seed), [700, 700, 700, 700, 700, 596]);
        var recording = new RecordingDevice(Limit(disk, description => description with { MaxSegments = 2 }));
        Assert.Equal(IoStatus.Ok, await RunAsync(recording, IoOperation.Write, 0, 8, memory));
        Assert.Empty(recording.Violations);
        Assert.Equal(memory.Array, await ContentAsync(0, 8));
    }

    [Fact]
    public async Task R15_a_block_of_more_segments_than_the_device_takes_goes_through_a_copy()
    {
        var written = new SegmentedMemory(Bytes.Random(2048, Seed), [.. Enumerable.Repeat(64, 32)]);
        var recording = new RecordingDevice(Limit(disk, description => description with { MaxSegments = 3 }));
        Assert.Equal(IoStatus.Ok, await RunAsync(recording, IoOperation.Write, 0, 4, written));
        var read = new SegmentedMemory(new byte[2048], [.. Enumerable.Repeat(32, 64)]);
        Assert.Equal(IoStatus.Ok, await RunAsync(recording, IoOperation.Read, 0, 4, read));
        Assert.Equal(written.Array, read.Array);
        Assert.Empty(recording.Violations);
    }

    [Fact]
    public async Task R8_a_failed_read_through_a_copy_is_zero_filled_too()
    {
        await RunAsync(disk, IoOperation.Write, 0, 4, Bytes.Filled(2048, 0x11));
        var faulty = new FaultyDevice(disk, Seed, new FaultRule { Filter = new() { Start = 1, Count = 1 } });
        var device = Limit(faulty, description => description with { MaxSegments = 3 });
        var read = new SegmentedMemory(Bytes.Filled(2048, 0xEE), [.. Enumerable.Repeat(32, 64)]);
        Assert.Equal(IoStatusCode.DeviceError, (await RunAsync(device, IoOperation.Read, 0, 4, read)).Code);
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
        Assert.Equal(IoStatus.Ok, await RunAsync(device, IoOperation.Read, 0, 8, bytes));
        Assert.Equal([0L, 3L, 6L], starts);
    }

    [Fact]
    public async Task R15_the_end_of_file_inside_the_device_is_an_error()
    {
        var device = new ScriptedDevice(disk, (_, _) => TransferResult.Moved(0));
        var status = await RunAsync(device, IoOperation.Read, 0, 8, new byte[4096]);
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
        var status = await RunAsync(device, IoOperation.Read, 0, 8, bytes);
        Assert.Equal((IoStatusCode.DeviceError, 5, 2), (status.Code, status.Failure!.Errno, calls));
        Assert.Equal(new byte[4096], bytes);
    }

    [Fact]
    public async Task One_call_without_a_whole_block_is_tried_again()
    {
        var calls = 0;
        var device = new ScriptedDevice(disk, (_, _) => calls++ == 0 ? TransferResult.Moved(0) : null);
        Assert.Equal(IoStatus.Ok, await RunAsync(device, IoOperation.Write, 0, 8, Bytes.Filled(4096, 5)));
        Assert.Equal(Bytes.Sectors((8, 5)), await ContentAsync(0, 8));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4097)]
    [InlineData(long.MaxValue)]
    public async Task A_device_that_claims_an_impossible_length_is_in_error(long claimed)
    {
        var device = new ScriptedDevice(disk, (_, _) => TransferResult.Moved(claimed));
        var bytes = Bytes.Filled(4096, 0xEE);
        var status = await RunAsync(device, IoOperation.Read, 0, 8, bytes);
        Assert.Equal(IoStatusCode.DeviceError, status.Code);
        Assert.Equal(new byte[4096], bytes);
    }

    [Fact]
    public async Task The_errno_of_an_io_exception_is_kept()
    {
        var device = new ScriptedDevice(disk, (_, _) => throw new IOException("no space", 28));
        Assert.Equal(28, (await RunAsync(device, IoOperation.Write, 0, 8, new byte[4096])).Failure?.Errno);
    }

    [Fact]
    public async Task Memory_that_is_too_short_is_the_callers_defect() => await Assert.ThrowsAsync<ArgumentException>(
        async () => await RunAsync(disk, IoOperation.Write, 0, 8, new byte[4095]));

    [Fact]
    public void A_single_chunk_on_a_memory_device_completes_at_once_and_allocates_nothing()
    {
        IoMemory memory = new byte[4096];
        Run(1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run(int times)
        {
            for (var index = 0; index < times; index++)
            {
                var write = RegionTransfer.RunAsync(disk, IoOperation.Write, 0, 8, memory, true);
                Assert.True(write.IsCompletedSuccessfully && write.Result.IsOk);
                var read = RegionTransfer.RunAsync(disk, IoOperation.Read, 0, 8, memory, false);
                Assert.True(read.IsCompletedSuccessfully && read.Result.IsOk);
            }
        }
    }

    private static LimitedDevice Limit(IBlockDevice device, Func<DeviceDescription, DeviceDescription> limit) =>
        new(device, limit);

    private static ValueTask<IoStatus> RunAsync(
        IBlockDevice device, IoOperation operation, Sector start, SectorCount count, IoMemory memory) =>
        RegionTransfer.RunAsync(device, operation, start, count, memory, false);

    private async Task<byte[]> ContentAsync(Sector start, SectorCount count)
    {
        var bytes = new byte[count.Bytes];
        Assert.Equal(IoStatus.Ok, await RunAsync(disk, IoOperation.Read, start, count, bytes));
        return bytes;
    }
}

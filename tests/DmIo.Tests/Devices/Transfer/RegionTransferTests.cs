using System.Threading.Tasks.Sources;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Devices.Transfer;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Devices.Transfer;

/// <summary>One region on one device: splitting, continuing, zero-filling.</summary>
public sealed class RegionTransferTests
{
    private const int Seed = 77;

    private static readonly SectorCount Capacity = 64;

    private readonly MemoryDevice disk = new(ByteSize.FromSectors(Capacity));

    [Fact]
    public async Task R5_a_region_shorter_than_the_memory_gets_its_start()
    {
        var bytes = Bytes.Random(8 * Sector.SizeBytes, Seed);
        Assert.Equal(IoStatus.Ok, await disk.RunAsync(IoOperation.Write, 4, 2, bytes));
        Assert.Equal(bytes[..1024], await disk.ContentAsync(4, 2));
        Assert.Equal(new byte[1024], await disk.ContentAsync(6, 2));
    }

    [Fact]
    public async Task R7_a_failed_chunk_fails_the_region_and_the_others_are_still_written()
    {
        var faulty = new FaultyDevice(disk, Seed, new FaultRule { Filter = new() { Start = 4, Count = 1 } });
        var recording = new RecordingDevice(faulty);
        var device = recording.Limit(description => description with { MaxTransfer = ByteSize.FromKiB(1) });
        var bytes = Bytes.Filled(16 * Sector.SizeBytes, 9);
        var status = await device.RunAsync(IoOperation.Write, 0, 16, bytes);
        Assert.Equal(IoStatusCode.DeviceError, status.Code);
        Assert.Equal(8, recording.Calls.Count);
        Assert.Equal(new byte[1024], await disk.ContentAsync(4, 2));
        Assert.Equal(Bytes.Sectors((10, 9)), await disk.ContentAsync(6, 10));
    }

    [Fact]
    public async Task R7_the_first_failure_is_the_status()
    {
        var device = new FaultyDevice(
            disk,
            Seed,
            new FaultRule { Filter = new() { Start = 2, Count = 1 }, Errno = 28 },
            new FaultRule { Filter = new() { Start = 5, Count = 1 }, Errno = 5 });
        var limited = device.Limit(description => description with { MaxTransfer = ByteSize.FromBytes(512) });
        var status = await limited.RunAsync(IoOperation.Write, 0, 8, Bytes.Filled(4096, 1));
        Assert.Equal(28, status.Failure?.Errno);
    }

    [Theory]
    [InlineData(IoOperation.Discard)]
    [InlineData(IoOperation.WriteZeroes)]
    public async Task R7_a_failed_chunk_of_a_range_operation_stops_no_other(IoOperation operation)
    {
        var recording = new RecordingDevice(disk);
        var rule = new FaultRule { Filter = OperationFilter.On(operation), MaxCount = 1 };
        var faulty = new FaultyDevice(recording, Seed, rule);
        var device = faulty.Limit(description => description with
        {
            MaxDiscard = ByteSize.FromSectors(5),
            MaxWriteZeroes = ByteSize.FromSectors(5),
        });
        var status = await device.RunAsync(operation, 1, 13);
        Assert.Equal(IoStatusCode.DeviceError, status.Code);
        Assert.Equal(
            [(6L, 5L), (11L, 3L)],
            recording.Calls.Select(call => (call.Start.Value, call.LengthBytes / Sector.SizeBytes)));
    }

    [Fact]
    public async Task R8_a_failed_read_zero_fills_the_missing_bytes()
    {
        await disk.RunAsync(IoOperation.Write, 0, 8, Bytes.Filled(4096, 0x11));
        var device = new FaultyDevice(disk, Seed, new FaultRule { PartialTransfer = ByteSize.FromBytes(1000) });
        var bytes = Bytes.Filled(5000, 0xEE);
        var status = await device.RunAsync(IoOperation.Read, 0, 8, bytes);
        Assert.Equal(IoStatusCode.DeviceError, status.Code);
        Assert.Equal(Bytes.Filled(1000, 0x11), bytes[..1000]);
        Assert.Equal(new byte[3096], bytes[1000..4096]);
        Assert.Equal(Bytes.Filled(904, 0xEE), bytes[4096..]);
    }

    [Fact]
    public async Task R8_only_the_failed_chunk_of_a_read_is_zero_filled()
    {
        await disk.RunAsync(IoOperation.Write, 0, 8, Bytes.Filled(4096, 0x11));
        var faulty = new FaultyDevice(disk, Seed, new FaultRule { Filter = new() { Start = 2, Count = 2 } });
        var device = faulty.Limit(description => description with { MaxTransfer = ByteSize.FromKiB(1) });
        var bytes = Bytes.Filled(4096, 0xEE);
        await device.RunAsync(IoOperation.Read, 0, 8, bytes);
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
        var status = await device.RunAsync(IoOperation.Read, 0, 8, bytes);
        Assert.Same(defect, status.Failure?.Exception);
        Assert.Equal(new byte[4096], bytes);
    }

    [Theory]
    [InlineData(60, 8, IoStatusCode.OutOfRange)]
    [InlineData(1, 8, IoStatusCode.Misaligned)]
    public async Task R8_a_read_that_never_reached_the_device_is_zero_filled(
        int start, int count, IoStatusCode expected)
    {
        var device = disk.Limit(description => description with { BlockSize = ByteSize.FromKiB(4) });
        var bytes = Bytes.Filled(4096, 0xEE);
        var status = await device.RunAsync(IoOperation.Read, start, count, bytes);
        Assert.Equal(expected, status.Code);
        Assert.Equal(new byte[4096], bytes);
    }

    [Fact]
    public async Task R8_a_read_that_never_reached_the_device_is_zero_filled_in_every_segment_of_the_region()
    {
        var memory = new SegmentedMemory(Bytes.Filled(50_000, 0xEE), [.. Enumerable.Repeat(10, 5_000)]);
        Assert.Equal(IoStatusCode.OutOfRange, (await disk.RunAsync(IoOperation.Read, 1, 64, memory)).Code);
        Assert.Equal(new byte[64 * 512], memory.Array[..(64 * 512)]);
        Assert.Equal(Bytes.Filled(50_000 - (64 * 512), 0xEE), memory.Array[(64 * 512)..]);
    }

    [Fact]
    public async Task R8_a_read_of_an_invalid_length_zero_fills_the_available_memory()
    {
        var bytes = Bytes.Filled(4096, 0xEE);
        var status = await disk.RunAsync(IoOperation.Read, 1, long.MaxValue, bytes);
        Assert.Equal(IoStatusCode.OutOfRange, status.Code);
        Assert.Equal(new byte[4096], bytes);
    }

    [Fact]
    public async Task R13_nothing_reaches_the_device_when_the_range_is_outside()
    {
        var recording = new RecordingDevice(disk);
        var status = await recording.RunAsync(IoOperation.Write, 63, 2, Bytes.Filled(1024, 1));
        Assert.Equal(IoStatusCode.OutOfRange, status.Code);
        Assert.Empty(recording.Calls);
    }

    [Fact]
    public async Task A_count_of_0_at_any_start_reaches_no_device()
    {
        var recording = new RecordingDevice(disk);
        foreach (var operation in Enum.GetValues<IoOperation>().Where(operation => operation != IoOperation.Flush))
        {
            var status = await recording.RunAsync(operation, long.MaxValue, 0);
            Assert.Equal(IoStatus.Ok, status);
        }

        Assert.Empty(recording.Calls);
    }

    [Fact]
    public async Task The_errno_of_an_io_exception_is_kept()
    {
        var device = new ScriptedDevice(disk, (_, _) => throw new IOException("no space", 28));
        Assert.Equal(28, (await device.RunAsync(IoOperation.Write, 0, 8, new byte[4096])).Failure?.Errno);
    }

    [Fact]
    public async Task Too_short_memory_throws_ArgumentException() => await Assert.ThrowsAsync<ArgumentException>(
        async () => await disk.RunAsync(IoOperation.Write, 0, 8, new byte[4095]));

    [Fact]
    public void A_single_chunk_on_a_memory_device_completes_at_once_and_allocates_nothing()
    {
        IoMemory memory = new byte[4096];
        var transfer = new RegionTransfer(disk, () => { });
        Assert.Equal(0, Allocations.Of(() => Run(1000)));

        void Run(int times)
        {
            for (var index = 0; index < times; index++)
            {
                transfer.Add(memory, new DeviceOperation(IoOperation.Write, 0, 8));
                Assert.True(transfer.Start(new DeviceOperation(IoOperation.Write, 0, 8)) && transfer.Status.IsOk);
                transfer.Add(memory, new DeviceOperation(IoOperation.Read, 0, 8));
                Assert.True(transfer.Start(new DeviceOperation(IoOperation.Read, 0, 8)) && transfer.Status.IsOk);
            }
        }
    }

    [Fact]
    public void A_device_that_completes_later_allocates_nothing()
    {
        IoMemory memory = new byte[4096];
        var device = new LateDevice(disk);
        var landed = 0;
        var transfer = new RegionTransfer(device, () => landed++);
        Run(1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2000, landed);

        void Run(int times)
        {
            for (var index = 0; index < times; index++)
            {
                transfer.Add(memory, new DeviceOperation(IoOperation.Write, 0, 8));
                Assert.False(transfer.Start(new DeviceOperation(IoOperation.Write, 0, 8)));
                device.Answer();
                Assert.True(transfer.Status.IsOk);
            }
        }
    }

    [Fact]
    public async Task Several_memories_are_contiguous_on_the_device_across_chunks()
    {
        var device = disk.Limit(description => description with { MaxTransfer = ByteSize.FromBytes(1536) });
        var transfer = new RegionTransfer(device, () => { });
        transfer.Add(Bytes.Filled(4096, 1), new DeviceOperation(IoOperation.Write, 0, 2));
        transfer.Add(Bytes.Filled(512, 2), new DeviceOperation(IoOperation.Write, 0, 1));
        transfer.Add(Bytes.Filled(4096, 3), new DeviceOperation(IoOperation.Write, 0, 4));
        Assert.True(transfer.Start(new DeviceOperation(IoOperation.Write, 8, 7)));
        Assert.Equal(IoStatus.Ok, transfer.Status);
        Assert.Equal(Bytes.Sectors((2, 1), (1, 2), (4, 3), (1, 0)), await disk.ContentAsync(8, 8));
    }

    /// <summary>Completes a write when the test requests it, with a reusable source.</summary>
    private sealed class LateDevice(IBlockDevice inner) : DeviceDecorator(inner), IValueTaskSource<TransferResult>
    {
        private ManualResetValueTaskSourceCore<TransferResult> core;
        private TransferResult result;

        public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
        {
            core.Reset();
            result = TransferResult.Moved(operation.LengthBytes);
            return new(this, core.Version);
        }

        public TransferResult GetResult(short token) => core.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token);

        public void OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            core.OnCompleted(continuation, state, token, flags);

        internal void Answer() => core.SetResult(result);
    }
}

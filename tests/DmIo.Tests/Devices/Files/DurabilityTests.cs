using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Files;

/// <summary>Flush and FUA of one region (R14), and the state after a failed flush.</summary>
public sealed class DurabilityTests
{
    private const int Seed = 5;

    private static readonly byte[] Data = Bytes.Random(4096, Seed);

    [Fact]
    public async Task R14_a_durable_write_on_a_device_with_FUA_carries_the_flag_on_every_chunk()
    {
        var recording = new RecordingDevice(new LimitedDevice(
            new MemoryDevice(ByteSize.FromSectors(64)),
            description => description with { HasForceUnitAccess = true, MaxTransfer = ByteSize.FromKiB(2) }));
        Assert.Equal(IoStatus.Ok, await WriteAsync(recording, durable: true));
        Assert.Equal([true, true], recording.Calls.Select(call => call.ForceUnitAccess));
    }

    [Fact]
    public async Task A_flush_on_a_device_without_a_cache_succeeds_without_a_call()
    {
        var recording = new RecordingDevice(new MemoryDevice(ByteSize.FromSectors(64)));
        Assert.Equal(IoStatus.Ok, await FlushAsync(recording));
        Assert.Empty(recording.Calls);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 8)]
    [InlineData(long.MaxValue, long.MaxValue)]
    public async Task R14_a_flush_with_any_range_reaches_the_device(long start, long count)
    {
        var recording = new RecordingDevice(Cached());
        var status = await RegionCalls.RunAsync(recording, IoOperation.Flush, start, count, null, false);
        Assert.Equal(IoStatus.Ok, status);
        Assert.Equal([IoOperation.Flush], recording.Calls.Select(call => call.Operation));
    }

    [Fact]
    public async Task R14_after_a_failed_flush_the_device_stays_failed_even_if_a_later_one_would_succeed()
    {
        var rule = new FaultRule { Filter = OperationFilter.On(IoOperation.Flush), MaxCount = 1 };
        var recording = new RecordingDevice(new FaultyDevice(Cached(), Seed, rule));
        var device = new FailStopDevice(recording);
        Assert.Equal(IoStatusCode.DeviceError, (await FlushAsync(device)).Code);
        foreach (var operation in Enum.GetValues<IoOperation>())
        {
            var status = await RegionCalls.RunAsync(device, operation, 0, 8, Data, false);
            Assert.Equal(IoStatusCode.DeviceFailed, status.Code);
            Assert.Equal(5, status.Failure?.Errno);
        }

        Assert.Single(recording.Calls);
    }

    [Fact]
    public async Task R14_a_failed_write_with_FUA_stops_the_device()
    {
        var rule = new FaultRule { Filter = OperationFilter.On(IoOperation.Write), MaxCount = 1 };
        var native = new LimitedDevice(
            new FaultyDevice(new MemoryDevice(ByteSize.FromSectors(64)), Seed, rule),
            description => description with { HasForceUnitAccess = true });
        var device = new FailStopDevice(native);
        await WriteAsync(device, durable: true);
        Assert.NotNull(device.Failure);
    }

    [Fact]
    public async Task A_failed_plain_write_does_not_stop_the_device()
    {
        var rule = new FaultRule { Filter = OperationFilter.On(IoOperation.Write), MaxCount = 1 };
        var device = new FailStopDevice(new FaultyDevice(Cached(), Seed, rule));
        Assert.Equal(IoStatusCode.DeviceError, (await WriteAsync(device, durable: false)).Code);
        Assert.Equal(IoStatus.Ok, await WriteAsync(device, durable: false));
    }

    [Fact]
    public async Task R14_a_stopped_device_leaves_no_stale_bytes_in_a_reads_memory()
    {
        var rule = new FaultRule { Filter = OperationFilter.On(IoOperation.Flush) };
        var device = new FailStopDevice(new FaultyDevice(Cached(), Seed, rule));
        await FlushAsync(device);
        var bytes = Bytes.Filled(4096, 0xEE);
        await RegionCalls.RunAsync(device, IoOperation.Read, 0, 8, bytes, false);
        Assert.Equal(new byte[4096], bytes);
    }

    [Fact]
    public async Task A_flush_that_throws_is_a_failed_flush()
    {
        var device = new FailStopDevice(new ThrowingFlushDevice());
        var status = await FlushAsync(device);
        Assert.Equal((IoStatusCode.DeviceError, 28), (status.Code, status.Failure!.Errno));
        Assert.Equal(IoStatusCode.DeviceFailed, (await FlushAsync(device)).Code);
    }

    [Fact]
    public async Task R14_a_successful_flush_concurrent_with_a_failed_one_proves_nothing()
    {
        var inner = new ManualFlushDevice();
        var device = new FailStopDevice(inner);
        var (failing, succeeding) = (FlushAsync(device), FlushAsync(device));
        inner.Flushes[0].SetResult(IoStatus.DeviceError("lost", errno: 5));
        Assert.Equal(IoStatusCode.DeviceError, (await failing).Code);
        inner.Flushes[1].SetResult(IoStatus.Ok);
        Assert.Equal(IoStatusCode.DeviceFailed, (await succeeding).Code);
    }

    [Theory]
    [InlineData(IoStatusCode.Unsupported)]
    [InlineData(IoStatusCode.DeviceGone)]
    public async Task An_unsupported_or_undelivered_flush_does_not_stop_the_device(IoStatusCode code)
    {
        var rule = new FaultRule { Filter = OperationFilter.On(IoOperation.Flush), Code = code };
        var device = new FailStopDevice(new FaultyDevice(Cached(), Seed, rule));
        Assert.Equal(code, (await FlushAsync(device)).Code);
        Assert.Equal(IoStatus.Ok, await WriteAsync(device, durable: false));
    }

    [Theory]
    [InlineData(28)]
    [InlineData(122)]
    [InlineData(27)]
    public async Task R14_a_durable_write_without_space_fails_alone_if_no_accepted_data_is_lost(int errno)
    {
        var inner = new ConfirmingDevice { WriteErrno = errno };
        var device = new FailStopDevice(inner);
        var status = await WriteAsync(device, durable: true);
        Assert.Equal((IoStatusCode.DeviceError, errno), (status.Code, status.Failure?.Errno));
        Assert.Equal((null, 1), (device.Failure, inner.Confirmations));
        inner.WriteErrno = 0;
        Assert.Equal(IoStatus.Ok, await WriteAsync(device, durable: true));
        Assert.Equal(IoStatus.Ok, await FlushAsync(device));
    }

    [Fact]
    public async Task R14_a_durable_write_without_space_stops_the_device_if_accepted_data_is_lost()
    {
        var inner = new ConfirmingDevice { WriteErrno = 28, Confirmation = IoStatus.DeviceError("lost", errno: 5) };
        var device = new FailStopDevice(inner);
        Assert.Equal(28, (await WriteAsync(device, durable: true)).Failure?.Errno);
        Assert.Equal(5, device.Failure?.Errno);
        inner.WriteErrno = 0;
        Assert.Equal(IoStatusCode.DeviceFailed, (await WriteAsync(device, durable: false)).Code);
    }

    [Fact]
    public async Task R14_a_durable_write_without_space_stops_a_device_that_cannot_confirm_accepted_data()
    {
        var inner = new ConfirmingDevice
        {
            WriteErrno = 28,
            Confirmation = IoStatus.Failed(IoStatusCode.Unsupported, "It does not know."),
        };
        var device = new FailStopDevice(inner);
        await WriteAsync(device, durable: true);
        Assert.Equal(28, device.Failure?.Errno);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(24)]
    [InlineData(125)]
    public async Task R14_a_flush_failed_by_a_shortage_fails_alone_if_no_accepted_data_is_lost(int errno)
    {
        var inner = new ConfirmingDevice { FlushErrno = errno };
        var device = new FailStopDevice(inner);
        Assert.Equal(errno, (await FlushAsync(device)).Failure?.Errno);
        Assert.Equal((null, 1, 1), (device.Failure, inner.Confirmations, inner.Flushes));
        inner.FlushErrno = 0;
        Assert.Equal(IoStatus.Ok, await FlushAsync(device));
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(5, false)]
    [InlineData(28, false)]
    public async Task R14_a_failed_sync_of_accepted_data_always_stops_the_device(int errno, bool isWrite)
    {
        var inner = new ConfirmingDevice { WriteErrno = errno, FlushErrno = errno };
        var device = new FailStopDevice(inner);
        await (isWrite ? WriteAsync(device, durable: true) : FlushAsync(device));
        Assert.Equal((errno, 0), (device.Failure?.Errno, inner.Confirmations));
    }

    [Fact]
    public async Task R14_a_stopped_device_accepts_reads_once_allowed_and_writes_once_reopened()
    {
        var inner = new ConfirmingDevice { FlushErrno = 5 };
        var device = new FailStopDevice(inner);
        await FlushAsync(device);
        device.AllowReads();
        Assert.Equal(IoStatus.Ok, await ReadAsync(device));
        Assert.Equal(IoStatusCode.DeviceFailed, (await WriteAsync(device, durable: false)).Code);
        device.Reopen();
        Assert.Equal(IoStatus.Ok, await WriteAsync(device, durable: false));
        await FlushAsync(device);
        Assert.Equal(IoStatusCode.DeviceFailed, (await ReadAsync(device)).Code);
    }

    [Fact]
    public async Task A_fault_rule_for_flushes_fails_a_confirmation_too()
    {
        var rule = new FaultRule { Filter = OperationFilter.On(IoOperation.Flush), Errno = 5 };
        var faulty = new FaultyDevice(new ConfirmingDevice(), Seed, rule);
        Assert.Equal(5, (await faulty.ConfirmAcceptedAsync()).Failure?.Errno);
        faulty.Heal();
        Assert.Equal(IoStatus.Ok, await faulty.ConfirmAcceptedAsync());
    }

    private static LimitedDevice Cached(long maxTransferBytes = 1 << 20) => new(
        new MemoryDevice(ByteSize.FromSectors(64)),
        description => description with
        {
            HasVolatileCache = true,
            MaxTransfer = ByteSize.FromBytes(maxTransferBytes)
        });

    private static Task<IoStatus> WriteAsync(IBlockDevice device, bool durable) =>
        RegionCalls.RunAsync(device, IoOperation.Write, 0, 8, Data, durable);

    private static Task<IoStatus> ReadAsync(IBlockDevice device) =>
        RegionCalls.RunAsync(device, IoOperation.Read, 0, 8, new byte[4096], false);

    private static Task<IoStatus> FlushAsync(IBlockDevice device) =>
        RegionCalls.RunAsync(device, IoOperation.Flush, 0, 0, null, false);

    private sealed class ManualFlushDevice() : DeviceDecorator(Cached())
    {
        internal List<TaskCompletionSource<IoStatus>> Flushes { get; } = [];

        public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) =>
            operation.Kind == IoOperation.Flush ? FlushAsync() : base.SubmitAsync(operation);

        private async ValueTask<TransferResult> FlushAsync()
        {
            Flushes.Add(new TaskCompletionSource<IoStatus>());
            return new TransferResult(0, await Flushes[^1].Task);
        }
    }

    /// <summary>Fails with the given errnos, and confirms accepted data as specified.</summary>
    private sealed class ConfirmingDevice() : DeviceDecorator(Cached())
    {
        public override DeviceDescription Description =>
            base.Description with { HasForceUnitAccess = true };

        internal int WriteErrno { get; set; }

        internal int FlushErrno { get; set; }

        internal IoStatus Confirmation { get; init; }

        internal int Confirmations { get; private set; }

        internal int Flushes { get; private set; }

        public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
        {
            Flushes += operation.Kind == IoOperation.Flush ? 1 : 0;
            var errno = operation.Kind == IoOperation.Flush ? FlushErrno
                : operation.Kind == IoOperation.Write ? WriteErrno
                : 0;
            return errno == 0
                ? base.SubmitAsync(operation with { ForceUnitAccess = false })
                : new(TransferResult.Failed(IoStatus.DeviceError("refused", errno)));
        }

        public override ValueTask<IoStatus> ConfirmAcceptedAsync()
        {
            Confirmations++;
            return new(Confirmation);
        }
    }

    private sealed class ThrowingFlushDevice() : DeviceDecorator(Cached())
    {
        public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) =>
            operation.Kind == IoOperation.Flush ? throw new IOException("full", 28) : base.SubmitAsync(operation);
    }
}

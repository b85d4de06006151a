using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Faults;

/// <summary>Calls that wait: delayed by a manual clock, or stuck until they are released.</summary>
public sealed class WaitingDeviceTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly RecordingDevice disk = new(new MemoryDevice(ByteSize.FromSectors(64)));

    [Fact]
    public async Task A_delayed_call_reaches_the_device_after_its_delay()
    {
        var time = new ManualTime();
        var device = new DelayedDevice(disk, new DeviceDelays { Write = 2 * Second }, time);
        var write = device.WriteAsync(0, Bytes.Batch(new byte[512]), false).AsTask();
        time.Advance(Second);
        Assert.Empty(disk.Calls);
        Assert.False(write.IsCompleted);
        time.Advance(Second);
        Assert.Equal(TransferResult.Moved(512), await write);
    }

    [Theory]
    [InlineData(IoOperation.Read)]
    [InlineData(IoOperation.Write)]
    [InlineData(IoOperation.Flush)]
    [InlineData(IoOperation.Discard)]
    [InlineData(IoOperation.WriteZeroes)]
    public async Task Each_operation_has_its_own_delay(IoOperation operation)
    {
        var time = new ManualTime();
        var delays = operation switch
        {
            IoOperation.Read => new DeviceDelays { Read = Second },
            IoOperation.Write => new DeviceDelays { Write = Second },
            IoOperation.Flush => new DeviceDelays { Flush = Second },
            IoOperation.Discard => new DeviceDelays { Discard = Second },
            _ => new DeviceDelays { WriteZeroes = Second },
        };
        var device = new DelayedDevice(disk, delays, time);
        foreach (var other in Enum.GetValues<IoOperation>())
        {
            var call = RegionCalls.RunAsync(device, other, 0, 1, new byte[512], false);
            Assert.Equal(other != operation, call.IsCompleted);
            time.Advance(Second);
            Assert.Equal(IoStatus.Ok, await call);
        }
    }

    [Fact]
    public async Task Delays_run_concurrently()
    {
        var time = new ManualTime();
        var device = new DelayedDevice(disk, DeviceDelays.All(Second), time);
        var calls = Enumerable.Range(0, 8).Select(sector => device.DiscardAsync(sector, 1).AsTask()).ToArray();
        time.Advance(Second);
        Assert.All(await Task.WhenAll(calls), status => Assert.Equal(IoStatus.Ok, status));
    }

    [Fact]
    public async Task A_stuck_call_neither_completes_nor_reaches_the_device_until_it_is_released()
    {
        var device = new HungDevice(disk);
        var write = device.WriteAsync(3, Bytes.Batch(Bytes.Filled(512, 4)), false).AsTask();
        Assert.False(write.IsCompleted);
        Assert.Empty(disk.Calls);
        Assert.Equal(1, device.HungCount);
        Assert.Equal(1, device.Release());
        Assert.Equal(TransferResult.Moved(512), await write);
        Assert.Equal(0, device.HungCount);
        Assert.Equal([IoOperation.Write], disk.Calls.Select(call => call.Operation));
    }

    [Fact]
    public async Task Calls_that_do_not_match_pass_a_stuck_one()
    {
        var device = new HungDevice(disk, new OperationFilter { Start = 0, Count = 8 });
        var stuck = device.DiscardAsync(0, 1).AsTask();
        Assert.Equal(IoStatus.Ok, await device.DiscardAsync(8, 1));
        Assert.False(stuck.IsCompleted);
        device.Release();
        Assert.Equal(IoStatus.Ok, await stuck);
    }

    [Fact]
    public async Task Stuck_calls_can_be_ended_with_a_status_and_then_reach_no_device()
    {
        var device = new HungDevice(disk);
        var bytes = Bytes.Filled(512, 0xEE);
        var read = RegionCalls.RunAsync(device, IoOperation.Read, 0, 1, bytes, false);
        Assert.Equal(1, device.ReleaseWith(IoStatus.Failed(IoStatusCode.TimedOut, "given up")));
        Assert.Equal(IoStatusCode.TimedOut, (await read).Code);
        Assert.Equal(new byte[512], bytes);
        Assert.Empty(disk.Calls);
    }

    [Fact]
    public async Task After_a_release_calls_pass_until_it_hangs_again()
    {
        var device = new HungDevice(disk);
        device.Release();
        Assert.Equal(IoStatus.Ok, await device.DiscardAsync(0, 1));
        device.Hang();
        var stuck = device.DiscardAsync(0, 1).AsTask();
        Assert.Equal(1, device.HungCount);
        device.Release();
        Assert.Equal(IoStatus.Ok, await stuck);
    }

    [Fact]
    public async Task A_number_of_stuck_calls_can_be_awaited()
    {
        var device = new HungDevice(disk);
        var two = device.WhenHungAsync(2);
        var first = device.FlushAsync().AsTask();
        Assert.False(two.IsCompleted);
        var second = device.DiscardAsync(0, 1).AsTask();
        await two;
        await device.WhenHungAsync(1);
        device.Release();
        Assert.Equal([IoStatus.Ok, IoStatus.Ok], await Task.WhenAll(first, second));
    }

    [Fact]
    public async Task Calls_that_are_released_together_reach_the_device_one_at_a_time()
    {
        var inner = new OneCallAtATimeDevice(new MemoryDevice(ByteSize.FromSectors(64)));
        var device = new HungDevice(inner);
        var calls = Enumerable.Range(0, 64)
            .Select(sector => device.WriteAsync(sector, Bytes.Batch(new byte[512]), false).AsTask()).ToArray();
        device.Release();
        await Task.WhenAll(calls);
        Assert.Equal(0, inner.Collisions);
    }

    /// <summary>Counts calls that begin before another one has returned.</summary>
    private sealed class OneCallAtATimeDevice(IBlockDevice inner) : DeviceDecorator(inner)
    {
        private int callers;
        private int collisions;

        internal int Collisions => Volatile.Read(ref collisions);

        public override ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation)
        {
            if (Interlocked.Increment(ref callers) > 1)
            {
                Interlocked.Increment(ref collisions);
            }

            var write = base.SubmitAsync(operation);
            Interlocked.Decrement(ref callers);
            return write;
        }
    }
}

using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Faults;

public sealed class FaultyDeviceTests
{
    private const int Seed = 99;

    private readonly MemoryDevice disk = new(ByteSize.FromSectors(64));

    [Fact]
    public async Task A_rule_fails_after_its_number_of_calls_and_as_often_as_specified()
    {
        var device = new FaultyDevice(disk, Seed, new FaultRule { After = 2, MaxCount = 3 });
        var outcomes = await WriteAsync(device, times: 8);
        Assert.Equal([true, true, false, false, false, true, true, true], outcomes);
        Assert.Equal(3, device.Failures);
    }

    [Fact]
    public async Task A_failure_has_the_status_and_errno_of_its_rule()
    {
        var rule = new FaultRule { Code = IoStatusCode.DeviceGone, Errno = 19 };
        var result = await new FaultyDevice(disk, Seed, rule).ReadAsync(0, Bytes.Batch(new byte[512]));
        Assert.Equal((IoStatusCode.DeviceGone, 19), (result.Status.Code, result.Status.Failure!.Errno));
    }

    [Theory]
    [InlineData(IoOperation.Read)]
    [InlineData(IoOperation.Write)]
    [InlineData(IoOperation.Flush)]
    [InlineData(IoOperation.Discard)]
    [InlineData(IoOperation.WriteZeroes)]
    public async Task A_rule_fails_its_operations_and_no_others(IoOperation faulty)
    {
        var device = new FaultyDevice(disk, Seed, new FaultRule { Filter = OperationFilter.On(faulty) });
        foreach (var operation in Enum.GetValues<IoOperation>())
        {
            var status = await RegionCalls.RunAsync(device, operation, 0, 1, new byte[512], false);
            Assert.Equal(operation != faulty, status.IsOk);
        }
    }

    [Fact]
    public async Task Part_of_a_write_is_done_before_it_fails()
    {
        var device = new FaultyDevice(disk, Seed, new FaultRule { PartialTransfer = ByteSize.FromBytes(700) });
        var result = await device.WriteAsync(0, Bytes.Batch(Bytes.Filled(1024, 3)), false);
        Assert.Equal((700L, IoStatusCode.DeviceError), (result.Bytes, result.Status.Code));
        var read = new byte[1024];
        await disk.ReadAsync(0, Bytes.Batch(read));
        Assert.Equal([.. Bytes.Filled(700, 3), .. new byte[324]], read);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_failures()
    {
        var rule = new FaultRule { Probability = 0.5 };
        var first = await WriteAsync(new FaultyDevice(disk, Seed, rule), times: 64);
        var second = await WriteAsync(new FaultyDevice(disk, Seed, rule), times: 64);
        Assert.Equal(first, second);
        Assert.Contains(true, first);
        Assert.Contains(false, first);
    }

    [Fact]
    public async Task A_healed_device_does_not_fail()
    {
        var device = new FaultyDevice(disk, Seed);
        device.Add(new FaultRule());
        Assert.Equal([false], await WriteAsync(device, times: 1));
        device.Heal();
        Assert.Equal([true], await WriteAsync(device, times: 1));
    }

    [Fact]
    public void A_fault_that_succeeds_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(
        () => new FaultyDevice(disk, Seed, new FaultRule { Code = IoStatusCode.Ok }));

    private static async Task<List<bool>> WriteAsync(FaultyDevice device, int times)
    {
        var outcomes = new List<bool>();
        for (var index = 0; index < times; index++)
        {
            var result = await device.WriteAsync(index, Bytes.Batch(new byte[512]), false);
            outcomes.Add(result.Status.IsOk);
        }

        return outcomes;
    }
}

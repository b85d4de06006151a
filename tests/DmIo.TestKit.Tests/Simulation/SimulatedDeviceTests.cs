using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Memory;
using DmIo.TestKit.Simulation;
using Xunit;

namespace DmIo.TestKit.Tests.Simulation;

/// <summary>The data that the simulated disk keeps and loses, and the faults of its device.</summary>
public sealed class SimulatedDeviceTests
{
    private const int Sectors = 16;

    [Fact]
    public async Task Flushed_data_survives_every_crash()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var disk = new SimulatedDisk(ByteSize.FromSectors(Sectors), seed);
            var device = NewDevice(disk);
            await WriteAsync(device, 0, 1);
            Assert.True((await device.FlushAsync()).IsOk);
            await WriteAsync(device, 8, 2);

            disk.Crash();

            Assert.Equal(1, ValueAt(disk, 0));
        }
    }

    [Fact]
    public async Task Durably_written_data_survives_every_crash()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var disk = new SimulatedDisk(ByteSize.FromSectors(Sectors), seed);
            var device = NewDevice(disk);
            await WriteAsync(device, 0, 1);
            await WriteAsync(device, 0, 2, isDurable: true);

            disk.Crash();

            Assert.Equal(2, ValueAt(disk, 0));
        }
    }

    [Fact]
    public async Task Other_data_is_lost_by_some_crashes_and_kept_by_others()
    {
        var found = new HashSet<int>();
        for (var seed = 0; seed < 50; seed++)
        {
            var disk = new SimulatedDisk(ByteSize.FromSectors(Sectors), seed);
            await WriteAsync(NewDevice(disk), 0, 1);
            Assert.Equal(1, ValueAt(disk, 0));

            disk.Crash();

            found.Add(ValueAt(disk, 0));
        }

        Assert.Equal([0, 1], found.Order());
    }

    [Fact]
    public void A_write_in_flight_may_survive_a_crash()
    {
        var found = new HashSet<int>();
        for (var seed = 0; seed < 50; seed++)
        {
            var disk = new SimulatedDisk(ByteSize.FromSectors(Sectors), seed);
            var device = NewDevice(disk, new SimulatedFault(SimulatedFaultKind.Hung));
            _ = WriteAsync(device, 0, 1);
            Assert.Equal(1, device.HungCalls);

            disk.Crash();

            found.Add(ValueAt(disk, 0));
        }

        Assert.Equal([0, 1], found.Order());
    }

    [Fact]
    public void Operations_in_flight_at_a_crash_have_no_later_effect()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var (time, latency) = (new ManualTime(), TimeSpan.FromMilliseconds(1));
            var disk = new SimulatedDisk(ByteSize.FromSectors(Sectors), seed);
            var device = new SimulatedDevice(
                disk, time, new SimulatedDeviceOptions { MinLatency = latency, MaxLatency = latency });
            var write = WriteAsync(device, 0, 1);
            disk.Crash();
            var left = ValueAt(disk, 0);

            time.Advance(latency);

            Assert.False(write.IsCompleted);
            Assert.Equal(left, ValueAt(disk, 0));
        }
    }

    [Fact]
    public async Task Hung_calls_continue_when_they_are_released()
    {
        var disk = new SimulatedDisk(ByteSize.FromSectors(Sectors), seed: 1);
        var device = NewDevice(disk, new SimulatedFault(SimulatedFaultKind.Hung) { MaxCount = 1 });
        var write = WriteAsync(device, 3, 7);
        Assert.False(write.IsCompleted);

        device.ReleaseHung();

        Assert.True((await write).Status.IsOk);
        Assert.Equal(7, ValueAt(disk, 3));
    }

    [Fact]
    public async Task A_torn_write_fails_and_leaves_whole_sectors()
    {
        var disk = new SimulatedDisk(ByteSize.FromSectors(Sectors), seed: 3);
        var device = NewDevice(disk, new SimulatedFault(SimulatedFaultKind.Torn));

        var result = await WriteAsync(device, 0, 5, sectors: 8);

        Assert.Equal(IoStatusCode.DeviceError, result.Status.Code);
        for (var sector = 0; sector < 8; sector++)
        {
            var bytes = disk.Peek(sector, 1).ToArray();
            Assert.All(bytes, one => Assert.Equal(bytes[0], one));
        }
    }

    [Fact]
    public async Task A_fault_is_observed_and_affects_only_matching_calls()
    {
        var observed = new List<SimulatedFaultEvent>();
        var device = new SimulatedDevice(
            new SimulatedDisk(ByteSize.FromSectors(Sectors), seed: 1),
            TimeProvider.System,
            new SimulatedDeviceOptions
            {
                MaxLatency = TimeSpan.Zero,
                Faults = [new SimulatedFault(SimulatedFaultKind.Error)
                {
                    Filter = OperationFilter.On(IoOperation.Flush), Errno = 28,
                }],
                Observer = observed.Add,
            });

        Assert.True((await WriteAsync(device, 0, 1)).Status.IsOk);
        var status = await device.FlushAsync();

        Assert.Equal(28, status.Failure!.Errno);
        Assert.Equal([IoOperation.Flush], observed.Select(fault => fault.Operation));
    }

    [Fact]
    public async Task It_records_violations_of_the_contract_by_its_owner()
    {
        var device = NewDevice(
            new SimulatedDisk(ByteSize.FromSectors(Sectors), seed: 1),
                new SimulatedFault(SimulatedFaultKind.Hung) { MaxCount = 1 });
        var first = WriteAsync(device, 0, 1, sectors: 4);
        await WriteAsync(device, 3, 2);

        Assert.Contains("while Write 0+4 is in flight", Assert.Single(device.Violations), StringComparison.Ordinal);
        device.ReleaseHung();
        await first;
    }

    [Fact]
    public async Task It_reports_written_discarded_and_zeroed_extents()
    {
        var device = NewDevice(new SimulatedDisk(ByteSize.FromSectors(Sectors), seed: 1));
        await WriteAsync(device, 1, 7, sectors: 6);
        await device.DiscardAsync(2, 1);
        await device.WriteZeroesAsync(3, 1, WriteZeroesFlags.NoUnmap);
        await device.WriteZeroesAsync(4, 1, WriteZeroesFlags.None);

        Assert.Equal(
            [
                new(1, ExtentKind.Hole), new(1, ExtentKind.Data), new(1, ExtentKind.Hole), new(1, ExtentKind.Zero),
                new(1, ExtentKind.Hole), new(2, ExtentKind.Data), new DeviceExtent(Sectors - 7, ExtentKind.Hole),
            ],
            device.GetExtents(0, Sectors, max: 100));
        Assert.Equal([new(1, ExtentKind.Data), new DeviceExtent(1, ExtentKind.Hole)], device.GetExtents(1, 4, max: 2));
    }

    [Fact]
    public async Task It_does_not_report_extents_that_a_crash_lost()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var disk = new SimulatedDisk(ByteSize.FromSectors(Sectors), seed);
            await WriteAsync(NewDevice(disk), 0, 7);

            disk.Crash();

            var expected = ValueAt(disk, 0) == 0 ? ExtentKind.Hole : ExtentKind.Data;
            Assert.Equal([new DeviceExtent(1, expected)], NewDevice(disk).GetExtents(0, 1, max: 1));
        }
    }

    [Fact]
    public async Task It_reports_no_extents_once_it_is_closed()
    {
        var device = NewDevice(new SimulatedDisk(ByteSize.FromSectors(Sectors), seed: 1));
        await device.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => device.GetExtents(0, 1, max: 1));
    }

    [Fact]
    public async Task Without_a_cache_everything_survives_every_crash()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var disk = new SimulatedDisk(ByteSize.FromSectors(Sectors), seed);
            var options = new SimulatedDeviceOptions
            {
                MaxLatency = TimeSpan.Zero,
                Describe = description => description with { HasVolatileCache = false },
            };
            await WriteAsync(new SimulatedDevice(disk, TimeProvider.System, options), 0, 1);

            disk.Crash();

            Assert.Equal(1, ValueAt(disk, 0));
        }
    }

    private static SimulatedDevice NewDevice(SimulatedDisk disk, params SimulatedFault[] faults) =>
        new(disk, TimeProvider.System, new SimulatedDeviceOptions { MaxLatency = TimeSpan.Zero, Faults = faults });

    private static async Task<TransferResult> WriteAsync(
        SimulatedDevice device, long start, byte value, int sectors = 1, bool isDurable = false)
    {
        var data = new byte[sectors * Sector.SizeBytes];
        data.AsSpan().Fill(value);
        var batch = new SegmentBatch();
        batch.Add(data);
        return await device.WriteAsync(start, batch, isDurable);
    }

    private static int ValueAt(SimulatedDisk disk, long sector) => disk.Peek(sector, 1).Span[0];
}

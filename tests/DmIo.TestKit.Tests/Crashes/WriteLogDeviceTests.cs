using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.TestKit.Crashes;
using Xunit;

namespace DmIo.TestKit.Tests.Crashes;

/// <summary>The recorder satisfies the contract of block devices.</summary>
public sealed class WriteLogDeviceContract : BlockDeviceContract
{
    private protected override IBlockDevice Create(SectorCount capacity) =>
        new WriteLog().Record("disk", new MemoryDevice(ByteSize.FromSectors(capacity)));
}

public sealed class WriteLogDeviceTests
{
    private readonly WriteLog log = new();

    [Fact]
    public void It_reports_a_volatile_cache_even_for_a_device_without_one() =>
        Assert.True(log.Record("disk", new MemoryDevice(ByteSize.FromSectors(8))).Description.HasVolatileCache);

    [Fact]
    public async Task The_log_lists_issues_completions_and_marks()
    {
        var disk = log.Record("disk", new MemoryDevice(ByteSize.FromSectors(64)));
        await disk.WriteAsync(8, Bytes.Batch(new byte[1024]), forceUnitAccess: true);
        await disk.WriteZeroesAsync(0, 4, WriteZeroesFlags.None);
        await disk.FlushAsync();
        log.Mark("committed 1");

        string[] expected =
        [
            "    0  issued write 1 of disk: sectors 8+2, FUA", "    1  done   write 1 of disk: sectors 8+2, FUA",
            "    2  issued write zeroes 2 of disk: sectors 0+4", "    3  done   write zeroes 2 of disk: sectors 0+4",
            "    4  issued flush 3 of disk", "    5  done   flush 3 of disk", "    6  mark   \"committed 1\"", "",
        ];
        Assert.Equal(string.Join(Environment.NewLine, expected), log.ToString());
    }

    [Fact]
    public async Task A_failed_write_is_logged_as_failed()
    {
        var rule = new FaultRule { Filter = OperationFilter.On(IoOperation.Write) };
        var disk = log.Record("disk", new FaultyDevice(new MemoryDevice(ByteSize.FromSectors(8)), seed: 1, rule));
        await disk.WriteAsync(0, Bytes.Batch(new byte[512]), forceUnitAccess: false);
        Assert.Contains("FAILED write 1 of disk", log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Devices_of_one_log_need_unique_names()
    {
        log.Record("disk", new MemoryDevice(ByteSize.FromSectors(8)));
        Assert.Throws<ArgumentException>(() => log.Record("disk", new MemoryDevice(ByteSize.FromSectors(8))));
    }
}

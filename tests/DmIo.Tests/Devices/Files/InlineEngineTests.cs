using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Devices.Files;

public sealed class InlineEngineTests : IDisposable
{
    private readonly TemporaryDirectory directory = new(Directory.Exists("/dev/shm") ? "/dev/shm" : null);

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Every_call_completes_before_it_returns()
    {
        await using var device = Open();
        var batch = Bytes.Batch(new byte[512]);

        Assert.Equal(512, Completed.Of(device.WriteAsync(0, batch, forceUnitAccess: false)).Bytes);
        Assert.Equal(512, Completed.Of(device.ReadAsync(0, batch)).Bytes);
        Assert.True(Completed.Of(device.FlushAsync()).IsOk);
        Assert.True(Completed.Of(device.WriteZeroesAsync(0, 1, WriteZeroesFlags.None)).IsOk);
    }

    [LinuxFact]
    public async Task Reads_and_writes_of_one_segment_and_of_many_allocate_nothing()
    {
        await using var device = Open();
        var pages = PageSlab.TryAllocate(8)!.Pages;
        var one = Bytes.Batch(pages[0].Memory);
        var many = Bytes.Batch(pages[2].Memory, pages[4].Memory, pages[6].Memory);

        Assert.Equal(0, Allocations.Of(() => Transfer(device, one, many)));
    }

    private static void Transfer(FileDevice device, SegmentBatch one, SegmentBatch many)
    {
        for (var round = 0; round < 10; round++)
        {
            Invariant.Require(Completed.Of(device.WriteAsync(0, one, forceUnitAccess: false)).Bytes == 4096);
            Invariant.Require(Completed.Of(device.ReadAsync(0, one)).Bytes == 4096);
            var durable = device.WriteAsync(0, many, device.Description.HasForceUnitAccess);
            Invariant.Require(Completed.Of(durable).Bytes == 12288);
            Invariant.Require(Completed.Of(device.ReadAsync(0, many)).Bytes == 12288);
        }
    }

    private FileDevice Open() => FileDevice.Open(new FileDeviceOptions
    {
        Path = directory.FilePath(),
        CreateSize = ByteSize.FromSectors(64),
        Mode = ServiceMode.Inline,
    });
}

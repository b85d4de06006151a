using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Files;

/// <summary>A real block device: a file behind the kernel's loop driver.</summary>
public sealed class LoopDeviceTests : IDisposable
{
    private const int Sectors = 2048;

    private readonly TemporaryDirectory directory = new();

    private string FilePath => directory.FilePath();

    public void Dispose() => directory.Dispose();

    [LoopDeviceFact]
    public async Task It_has_its_size_and_can_be_read_and_written()
    {
        using var loop = Loop();
        await using var device = FileDevice.Open(new FileDeviceOptions { Path = loop.Path });
        Assert.Equal(("block", Sectors), (device.Description.Backend, device.Description.Capacity.Sectors.Value));
        var written = Bytes.Random(64 * 512, 1);
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Write, Sectors - 64, 64, written));
        var read = new byte[64 * 512];
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Read, Sectors - 64, 64, read));
        Assert.Equal(written, read);
    }

    [LoopDeviceFact]
    public async Task R14_a_flush_writes_the_data_to_the_backing_file()
    {
        using var loop = Loop();
        await using var device = FileDevice.Open(new FileDeviceOptions { Path = loop.Path });
        var written = Bytes.Random(64 * 512, 1);
        await device.RunAsync(IoOperation.Write, 0, 64, written);
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Flush, 0, 0));
        Assert.Equal(written, File.ReadAllBytes(FilePath)[..(64 * 512)]);
    }

    [LoopDeviceFact]
    public async Task R13_ranges_beyond_the_end_fail()
    {
        using var loop = Loop();
        await using var device = FileDevice.Open(new FileDeviceOptions { Path = loop.Path });
        var status = await device.RunAsync(IoOperation.Write, Sectors, 1, new byte[512]);
        Assert.Equal(IoStatusCode.OutOfRange, status.Code);
        Assert.Equal(Sectors * 512, new FileInfo(FilePath).Length);
    }

    [LoopDeviceFact]
    public async Task Zeroes_and_discards_reach_the_backing_file()
    {
        using var loop = Loop();
        await using var device = FileDevice.Open(new FileDeviceOptions { Path = loop.Path });
        await device.RunAsync(IoOperation.Write, 0, 64, Bytes.Filled(64 * 512, 7));
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.WriteZeroes, 0, 16));
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Discard, 16, 16));
        var read = new byte[64 * 512];
        await device.RunAsync(IoOperation.Read, 0, 64, read);
        Assert.Equal(new byte[16 * 512], read[..(16 * 512)]);
        Assert.Equal(Bytes.Filled(32 * 512, 7), read[(32 * 512)..]);
    }

    [LoopDeviceFact]
    public async Task A_writer_has_exclusive_access()
    {
        using var loop = Loop();
        await using var device = FileDevice.Open(new FileDeviceOptions { Path = loop.Path });
        var options = new FileDeviceOptions { Path = loop.Path };
        var refusal = Assert.Throws<DeviceOpenException>(() => FileDevice.Open(options));
        Assert.Contains("it is in use", refusal.Message);
    }

    [LoopDeviceFact]
    public async Task R12_a_disk_that_is_read_only_in_the_kernel_is_read_only()
    {
        using var loop = Loop("--read-only");
        await using var device = FileDevice.Open(new FileDeviceOptions { Path = loop.Path });
        Assert.True(device.Description.IsReadOnly);
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Read, 0, 8, new byte[4096]));
        Assert.Equal(IoStatusCode.ReadOnly, (await device.RunAsync(IoOperation.Write, 0, 8, new byte[4096])).Code);
    }

    [LoopDeviceFact]
    public async Task It_has_the_block_size_of_the_kernel()
    {
        using var loop = Loop("--sector-size", "4096");
        await using var device = FileDevice.Open(new FileDeviceOptions { Path = loop.Path });
        Assert.Equal(4096, device.Description.BlockSize.Bytes);
        Assert.Equal(IoStatusCode.Misaligned, (await device.RunAsync(IoOperation.Write, 1, 8, new byte[4096])).Code);
    }

    [LoopDeviceFact]
    public void A_size_larger_than_the_disk_is_refused()
    {
        using var loop = Loop();
        var options = new FileDeviceOptions { Path = loop.Path, CreateSize = ByteSize.FromSectors(Sectors + 1) };
        var refusal = Assert.Throws<DeviceOpenException>(() => FileDevice.Open(options));
        Assert.Contains("1048576 bytes, fewer", refusal.Message);
    }

    [LoopDeviceFact]
    public async Task Direct_io_bypasses_the_cache()
    {
        using var loop = Loop();
        await using var device = FileDevice.Open(new FileDeviceOptions { Path = loop.Path, IsDirect = true });
        Assert.True(device.Description.MemoryAlignment.Bytes > 1);
        var written = Bytes.Random((64 * 512) + 1, 1);
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Write, 8, 64, written.AsMemory(1)));
        Assert.Equal(written[1..], await device.ContentAsync(8, 64));
        Assert.Equal(written[1..], File.ReadAllBytes(FilePath)[4096..(4096 + (64 * 512))]);
    }

    [LoopDeviceFact]
    public async Task Direct_io_has_the_block_size_of_the_disk()
    {
        using var loop = Loop("--sector-size", "4096");
        await using var device = FileDevice.Open(new FileDeviceOptions { Path = loop.Path, IsDirect = true });
        Assert.Equal(4096, device.Description.BlockSize.Bytes);
        var status = await device.RunAsync(IoOperation.Write, 1, 8, new byte[4096]);
        Assert.Equal(IoStatusCode.Misaligned, status.Code);
        Assert.Contains("blocks of 4096 bytes", status.Failure!.Message);
        var written = Bytes.Random(32 * 512, 1);
        var memory = SegmentedMemory.Cut(written, new Random(1), 700);
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Write, 8, 32, memory));
        Assert.Equal(written, await device.ContentAsync(8, 32));
    }

    [LoopDeviceFact]
    public void A_size_of_no_whole_blocks_is_refused_for_direct_io()
    {
        using var loop = Loop("--sector-size", "4096");
        var options = new FileDeviceOptions { Path = loop.Path, IsDirect = true, CreateSize = ByteSize.FromSectors(9) };
        var refusal = Assert.Throws<DeviceOpenException>(() => FileDevice.Open(options));
        Assert.Contains("give a multiple of 4096 bytes", refusal.Message);
    }

    [LoopDeviceFact]
    public async Task A_writer_has_exclusive_access_with_direct_io()
    {
        using var loop = Loop();
        var options = new FileDeviceOptions { Path = loop.Path, IsDirect = true };
        await using var device = FileDevice.Open(options);
        var refusal = Assert.Throws<DeviceOpenException>(() => FileDevice.Open(options with { IsDirect = false }));
        Assert.Contains("it is in use", refusal.Message);
    }

    [LoopDeviceFact]
    public async Task R14_it_supports_durable_writes()
    {
        using var loop = Loop();
        await using var device = FileDevice.Open(new FileDeviceOptions { Path = loop.Path });
        Assert.True(device.Description.HasForceUnitAccess);
        var written = Bytes.Random(4096, 1);
        Assert.Equal(
            TransferResult.Moved(4096), await device.WriteAsync(0, Bytes.Batch(written), forceUnitAccess: true));
        Assert.Equal(written, File.ReadAllBytes(FilePath)[..4096]);
    }

    private LoopDevice Loop(params string[] options)
    {
        File.WriteAllBytes(FilePath, new byte[Sectors * 512]);
        return new LoopDevice(FilePath, options);
    }
}

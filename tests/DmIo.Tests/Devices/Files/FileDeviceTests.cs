using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Devices.Files;

public sealed class FileDeviceTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    private string FilePath => directory.FilePath();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_trailing_partial_sector_is_neither_counted_nor_touched()
    {
        var content = Bytes.Random(1000, 1);
        File.WriteAllBytes(FilePath, content);
        await using (var device = Open())
        {
            Assert.Equal(1, device.Description.Capacity.Sectors.Value);
            Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Write, 0, 1, Bytes.Filled(512, 9)));
            Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.WriteZeroes, 0, 1, new byte[512]));
            var behind = await device.RunAsync(IoOperation.Write, 1, 1, new byte[512]);
            Assert.Equal(IoStatusCode.OutOfRange, behind.Code);
        }

        Assert.Equal([.. new byte[512], .. content[512..]], File.ReadAllBytes(FilePath));
    }

    [Theory]
    [InlineData(IoOperation.Write)]
    [InlineData(IoOperation.WriteZeroes)]
    [InlineData(IoOperation.Discard)]
    public async Task R13_a_file_never_grows(IoOperation operation)
    {
        File.WriteAllBytes(FilePath, new byte[4096]);
        await using var device = Open();
        Assert.Equal(IoStatusCode.OutOfRange, (await device.RunAsync(operation, 0, 9, new byte[9 * 512])).Code);
        var farOut = await device.RunAsync(operation, long.MaxValue, 1, new byte[512]);
        Assert.Equal(IoStatusCode.OutOfRange, farOut.Code);
        await device.RunAsync(operation, 0, 8, Bytes.Filled(4096, 1));
        Assert.Equal(4096, new FileInfo(FilePath).Length);
    }

    [Fact]
    public async Task Written_data_is_in_the_file_at_its_offset()
    {
        File.WriteAllBytes(FilePath, new byte[4096]);
        var written = Bytes.Random(1024, 1);
        await using (var device = Open())
        {
            await device.RunAsync(IoOperation.Write, 3, 2, written);
        }

        Assert.Equal(written, File.ReadAllBytes(FilePath)[1536..2560]);
    }

    [LinuxFact]
    public async Task More_segments_than_a_system_call_accepts_are_a_short_transfer()
    {
        var bytes = Bytes.Random(4096, 1);
        await using var device = FileDevice.Open(new FileDeviceOptions
        {
            Path = FilePath,
            CreateSize = ByteSize.FromSectors(8),
            Mode = ServiceMode.Inline,
        });
        var batch = new SegmentBatch();
        for (var index = 0; index < 2048; index++)
        {
            // In segments that are not adjacent.
            batch.Add(new[] { bytes[2 * index], bytes[(2 * index) + 1] });
        }

        Assert.Equal(TransferResult.Moved(2048), await device.WriteAsync(0, batch, forceUnitAccess: false));
        Array.Clear(bytes, 2048, 2048);
        Assert.Equal(bytes, await device.ContentAsync(0, 8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(512)]
    public async Task The_store_gets_the_callers_memory_with_and_without_direct_io(int memoryAlignment)
    {
        var description = new DeviceDescription
        {
            Backend = "fake",
            Capacity = ByteSize.FromSectors(64),
            MemoryAlignment = ByteSize.FromBytes(memoryAlignment),
        };
        var addresses = new List<nint>();
        var store = new FakeStore(64, description)
        {
            Seen = batch => addresses.AddRange(batch.Segments.ToArray().Select(Bytes.AddressOf)),
        };
        var pages = PageSlab.TryAllocate(4)!.Pages;
        await using var device = FileDevice.Over(store, new InlineEngine(store, mapping: null));

        await device.WriteAsync(0, Bytes.Batch(pages[1].Memory, pages[3].Memory), forceUnitAccess: false);

        Assert.Equal([Bytes.AddressOf(pages[1].Memory), Bytes.AddressOf(pages[3].Memory)], addresses);
    }

    [Fact]
    public async Task R12_a_read_only_file_can_be_read_and_not_written()
    {
        var content = Bytes.Random(4096, 1);
        File.WriteAllBytes(FilePath, content);
        await using var device = Open(isReadOnly: true);
        foreach (var operation in new[] { IoOperation.Write, IoOperation.Discard, IoOperation.WriteZeroes })
        {
            Assert.Equal(IoStatusCode.ReadOnly, (await device.RunAsync(operation, 0, 8, new byte[4096])).Code);
        }

        var read = new byte[4096];
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Read, 0, 8, read));
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Flush, 0, 0));
        Assert.Equal(content, read);
    }

    [Fact]
    public async Task R15_a_file_truncated_by_another_process_gives_an_error_and_zeroes()
    {
        using var handle = File.OpenHandle(FilePath, FileMode.CreateNew, FileAccess.ReadWrite);
        RandomAccess.Write(handle, Bytes.Filled(700, 0x11), 0);
        var store = new PortableFileStore(handle, ByteSize.FromKiB(4), isReadOnly: false);
        await using var device = FileDevices.Threaded(store);
        var read = Bytes.Filled(4096, 0xEE);
        var status = await device.RunAsync(IoOperation.Read, 0, 8, read);
        Assert.Equal((IoStatusCode.DeviceError, 5), (status.Code, status.Failure!.Errno));
        Assert.Equal(Bytes.Filled(512, 0x11), read[..512]);
        Assert.Equal(new byte[4096 - 700], read[700..]);
    }

    [LinuxFact]
    public async Task The_errno_of_a_full_file_system_is_kept()
    {
        var handle = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var store = new PortableFileStore(handle, ByteSize.FromKiB(4), isReadOnly: false);
        await using var device = FileDevices.Threaded(store);
        var one = await device.RunAsync(IoOperation.Write, 0, 8, new byte[4096]);
        Assert.Equal((IoStatusCode.DeviceError, 28), (one.Code, one.Failure!.Errno));
        var two = await device.RunAsync(IoOperation.Write, 0, 8, new SegmentedMemory(new byte[4096], [2048, 2048]));
        Assert.Equal((IoStatusCode.DeviceError, 28), (two.Code, two.Failure!.Errno));
        Assert.IsType<IOException>(two.Failure.Exception);
    }

    [LinuxFact]
    public async Task R14_a_flush_that_the_kernel_refuses_is_an_error()
    {
        var handle = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var store = new LinuxFileStore(handle, ByteSize.FromKiB(4), isReadOnly: false);
        await using var device = FileDevices.Threaded(store);
        var status = await device.FlushAsync();
        Assert.Equal((IoStatusCode.DeviceError, 22), (status.Code, status.Failure!.Errno));
    }

    [LinuxFact]
    public async Task R12_an_operation_that_the_file_system_does_not_support_is_unsupported()
    {
        var handle = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var store = new LinuxFileStore(handle, ByteSize.FromKiB(4), isReadOnly: false);
        await using var device = FileDevices.Threaded(store);
        Assert.Equal(IoStatusCode.Unsupported, (await device.RunAsync(IoOperation.Discard, 0, 8)).Code);
    }

    [Fact]
    public async Task Sectors_beyond_4_GiB_have_the_right_offset()
    {
        SectorCount capacity = (5L << 30) / Sector.SizeBytes;
        await using var device =
            FileDevice.Open(new FileDeviceOptions { Path = FilePath, CreateSize = ByteSize.FromSectors(capacity) });
        var written = Bytes.Random(1024, 1);
        await device.RunAsync(IoOperation.Write, capacity.Value - 2, 2, written);
        var read = new byte[1024];
        await device.RunAsync(IoOperation.Read, capacity.Value - 2, 2, read);
        Assert.Equal(written, read);
        await device.RunAsync(IoOperation.Read, (capacity.Value - 2) & 0x7FFFFF, 2, read);
        Assert.Equal(new byte[1024], read);
    }

    [Fact]
    public async Task A_discard_of_a_whole_file_reads_as_zero()
    {
        File.WriteAllBytes(FilePath, Bytes.Filled(64 * 512, 7));
        await using var device = Open();
        var operation = device.Description.MaxDiscard.Sectors.Value > 0 ? IoOperation.Discard : IoOperation.WriteZeroes;
        Assert.Equal(IoStatus.Ok, await device.RunAsync(operation, 0, 64));
        var read = Bytes.Filled(64 * 512, 0xEE);
        await device.RunAsync(IoOperation.Read, 0, 64, read);
        Assert.Equal(new byte[64 * 512], read);
    }

    [Fact]
    public async Task Zeroes_are_written_if_there_is_no_system_call_for_them()
    {
        using var handle = File.OpenHandle(FilePath, FileMode.CreateNew, FileAccess.ReadWrite);
        SectorCount capacity = (20 << 20) / Sector.SizeBytes;
        RandomAccess.Write(handle, Bytes.Filled((int)capacity.Bytes, 7), 0);
        var store = new PortableFileStore(handle, ByteSize.FromSectors(capacity), isReadOnly: false);
        await using var device = FileDevices.Threaded(store);
        var status = await device.RunAsync(IoOperation.WriteZeroes, 1, capacity.Value - 2, new byte[1]);
        Assert.Equal(IoStatus.Ok, status);
        var content = new byte[capacity.Bytes];
        RandomAccess.Read(handle, content, 0);
        Assert.Equal(
            [.. Bytes.Filled(512, 7), .. new byte[content.Length - 1024], .. Bytes.Filled(512, 7)], content);
    }

    private FileDevice Open(bool isReadOnly = false) =>
        FileDevice.Open(new FileDeviceOptions { Path = FilePath, IsReadOnly = isReadOnly });
}

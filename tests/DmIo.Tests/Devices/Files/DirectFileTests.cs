using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Devices.Files;

/// <summary>Files opened for direct I/O.</summary>
public sealed class DirectFileTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    private FileDeviceOptions Options => new()
    {
        Path = directory.FilePath(),
        CreateSize = ByteSize.FromKiB(512),
        IsDirect = true,
    };

    public void Dispose() => directory.Dispose();

    [DirectFact]
    public async Task The_kernel_has_the_file_open_for_direct_io()
    {
        await using var device = FileDevice.Open(Options);
        const int ForWriting = 3;
        const int Direct = 0x4000;
        const int DirectOnArm = 0x10000;
        var flags = Directory.EnumerateFiles("/proc/self/fd").Select(FlagsOfOurs).OfType<int>().ToArray();

        // The second descriptor is used for syncs only.
        var flag = Assert.Single(flags, flag => (flag & ForWriting) != 0);
        Assert.NotEqual(0, flag & (Direct | DirectOnArm));
        Assert.Equal(2, flags.Length);
    }

    [DirectFact]
    public async Task The_description_has_alignments_and_bounce_pages()
    {
        await using var device = FileDevice.Open(Options);
        Assert.Equal(512, device.Description.BlockSize.Bytes);
        Assert.InRange(device.Description.MemoryAlignment.Bytes, 2, Page.SizeBytes);
        Assert.True(device.Description.BouncePages > 0);
        Assert.True(device.Description.HasVolatileCache);
    }

    [DirectFact]
    public async Task A_buffered_file_has_no_alignment()
    {
        await using var device = FileDevice.Open(Options with { IsDirect = false });
        Assert.Equal((1, 0), (device.Description.MemoryAlignment.Bytes, device.Description.BouncePages));
    }

    [DirectFact]
    public async Task Direct_and_other_devices_exclude_each_other()
    {
        await using (FileDevice.Open(Options))
        {
            AssertInUse(Options with { IsDirect = false });
            AssertInUse(Options);
        }

        await using (FileDevice.Open(Options with { IsDirect = false }))
        {
            AssertInUse(Options);
        }
    }

    [DirectFact]
    public async Task Readers_share_a_file_direct_or_not()
    {
        await FileDevice.Open(Options).DisposeAsync();
        var reader = Options with { CreateSize = null, IsReadOnly = true };
        await using var first = FileDevice.Open(reader);
        await using var second = FileDevice.Open(reader with { IsDirect = false });
        Assert.Equal(first.Description.Capacity, second.Description.Capacity);
    }

    [DirectFact]
    public async Task Directly_written_data_is_visible_to_other_readers()
    {
        var written = Bytes.Random(64 * 512, 1);
        await using (var device = FileDevice.Open(Options))
        {
            var memory = SegmentedMemory.Cut(written, new Random(1), 3000);
            Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Write, 3, 64, memory));
        }

        Assert.Equal(written, File.ReadAllBytes(Options.Path)[1536..(1536 + written.Length)]);
    }

    [DirectFact]
    public async Task A_partial_block_at_the_end_is_not_part_of_the_device()
    {
        var content = Bytes.Random((8 * 512) + 100, 1);
        File.WriteAllBytes(Options.Path, content);
        await using (var device = FileDevice.Open(Options with { CreateSize = null }))
        {
            Assert.Equal(8, device.Description.Capacity.Sectors.Value);
            Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.WriteZeroes, 0, 8));
        }

        Assert.Equal([.. new byte[8 * 512], .. content[^100..]], File.ReadAllBytes(Options.Path));
    }

    [DirectFact]
    public async Task R14_a_durable_write_of_misaligned_memory_succeeds()
    {
        await using var device = FileDevice.Open(Options);
        var written = Bytes.Random(4097, 1);
        Assert.Equal(
            TransferResult.Moved(4096),
            await device.WriteAsync(8, Bytes.Batch(written.AsMemory(1)), device.Description.HasForceUnitAccess));
        Assert.Equal(written[1..], await device.ContentAsync(8, 8));
    }

    [SharedMemoryFact]
    public async Task On_tmpfs_direct_io_is_accepted_without_alignment_or_refused()
    {
        using var inMemory = new TemporaryDirectory("/dev/shm");
        FileDevice device;
        try
        {
            device = FileDevice.Open(Options with { Path = inMemory.FilePath() });
        }
        catch (DeviceOpenException refusal)
        {
            // Kernels before 6.6 refuse it.
            Assert.Contains("no direct I/O", refusal.Message);
            Assert.False(File.Exists(inMemory.FilePath()));
            return;
        }

        await using (device)
        {
            var description = device.Description;
            Assert.Equal(
                (512, 1, 0, ServiceMode.Inline),
                (description.BlockSize.Bytes, description.MemoryAlignment.Bytes, description.BouncePages,
                    description.Mode));
        }
    }

    [LinuxFact]
    public void A_file_without_direct_io_is_refused_with_the_fix()
    {
        using var handle = File.OpenHandle("/proc/self/status");
        var refusal = Assert.Throws<DeviceOpenException>(() => DirectAccess.Enable(handle, "the file"));
        Assert.Contains("no direct I/O", refusal.Message);
        Assert.Contains("leave direct I/O off, or put the file elsewhere", refusal.Message);
        Assert.Equal(22, refusal.Errno);
    }

    [Theory]
    [InlineData(512, 4, 1001, 1001, 64, 100)]
    [InlineData(4096, 512, 1001, 1000, 64, 612)]
    [InlineData(65536, 512, 1001, 896, 0, 53860)]
    public void The_device_consists_of_whole_blocks(
        int block, int memory, int sectors, int capacity, int pages, int tailBytes)
    {
        var description = new DirectAlignment(block, memory)
            .ApplyTo(new DeviceDescription
            {
                Backend = "file",
                Capacity = ByteSize.FromSectors(sectors),
                TailBytes = 100,
            });
        Assert.Equal(tailBytes, description.TailBytes);
        Assert.Equal(
            (block, memory, capacity, pages),
            (description.BlockSize.Bytes, description.MemoryAlignment.Bytes, (int)description.Capacity.Sectors.Value,
                description.BouncePages));
    }

    /// <summary>The flags of an open descriptor of this process if it is the test's; other descriptors are opened and
    /// closed at any time.</summary>
    private int? FlagsOfOurs(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName == Options.Path
                ? Convert.ToInt32(File.ReadAllLines(link.Replace("/fd/", "/fdinfo/"))[1].Split('\t')[1], 8)
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void AssertInUse(FileDeviceOptions options) => Assert.Contains(
        "already open, by another device", Assert.Throws<DeviceOpenException>(() => FileDevice.Open(options)).Message);
}

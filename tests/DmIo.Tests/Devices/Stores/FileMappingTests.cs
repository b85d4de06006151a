using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Tests.Devices.Files;
using Xunit;

namespace DmIo.Tests.Devices.Stores;

/// <summary>When and how long a file is mapped, and its modification time.</summary>
public sealed class FileMappingTests : IDisposable
{
    private const string Memory = "/dev/shm";
    private const int Pages = 32;

    private static readonly DateTime LongAgo = new(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);

    private readonly TemporaryDirectory directory = new(Directory.Exists(Memory) ? Memory : null);

    public void Dispose() => directory.Dispose();

    [SharedMemoryFact]
    public void A_flush_updates_the_modification_time()
    {
        using var file = Written();

        Assert.True(file.Flush().IsOk);

        Assert.NotEqual(LongAgo, File.GetLastWriteTimeUtc(file.Path));
    }

    [SharedMemoryFact]
    public void The_close_updates_the_modification_time()
    {
        using var file = Written();

        file.Close();

        Assert.NotEqual(LongAgo, File.GetLastWriteTimeUtc(file.Path));
    }

    [SharedMemoryFact]
    public void A_file_that_was_not_written_keeps_its_modification_time()
    {
        using var file = Written();
        Assert.True(file.Flush().IsOk);
        File.SetLastWriteTimeUtc(file.Path, LongAgo);

        Assert.True(file.Flush().IsOk);
        file.Close();

        Assert.Equal(LongAgo, File.GetLastWriteTimeUtc(file.Path));
    }

    [SharedMemoryFact]
    public async Task A_device_is_mapped_while_it_is_open()
    {
        var device = Open(directory, isReadOnly: false);
        Assert.Contains(directory.FilePath(), Mappings(), StringComparison.Ordinal);

        await device.DisposeAsync();

        Assert.DoesNotContain(directory.FilePath(), Mappings(), StringComparison.Ordinal);
    }

    [SharedMemoryFact]
    public async Task A_file_that_is_only_read_is_not_mapped()
    {
        await Open(directory, isReadOnly: false).DisposeAsync();

        await using var device = Open(directory, isReadOnly: true);

        Assert.DoesNotContain(directory.FilePath(), Mappings(), StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task A_file_on_a_disk_is_not_mapped()
    {
        // If this directory is on tmpfs too, the test proves nothing.
        using var disk = new TemporaryDirectory(AppContext.BaseDirectory);
        await using var device = Open(disk, isReadOnly: false);

        Assert.DoesNotContain(disk.FilePath(), Mappings(), StringComparison.Ordinal);
    }

    [SmallMemoryFact]
    public void On_a_full_file_system_writes_that_do_not_fit_fail_with_the_reason()
    {
        using var small = new SmallMemory(pages: 64);
        using var file = new MappedFile(Path.Combine(small.Path, "disk.img"), 256 * 4096);

        var results = file.WritePages(Enumerable.Range(0, 256).Select(page => (page, (byte)7)));

        Assert.All(results, result => Assert.True(
            result == TransferResult.Moved(4096) || result.Status.Failure?.Errno == Errno.NoSpace));
        var written = results.Count(result => result.Status.IsOk);
        Assert.InRange(written, 1, 64);
        var content = file.Content;
        Assert.All(Enumerable.Range(0, 256), page => Assert.Equal(
            results[page].Status.IsOk ? 7 : 0, content[page * 4096]));
        var first = Array.FindIndex(results, result => result.Status.IsOk);
        Assert.Equal(4096, Assert.Single(file.WritePages((first, (byte)8))).Bytes);
    }

    /// <summary>A file with allocated pages, whose time was reset after it was written.</summary>
    private MappedFile Written()
    {
        var file = new MappedFile(directory.FilePath(), Pages * 4096);
        file.WritePages(Enumerable.Range(0, Pages).Select(page => (page, (byte)1)));
        File.SetLastWriteTimeUtc(file.Path, LongAgo);
        file.WritePages(Enumerable.Range(0, Pages).Select(page => (page, (byte)2)));
        return file;
    }

    private static FileDevice Open(TemporaryDirectory place, bool isReadOnly) => FileDevice.Open(new FileDeviceOptions
    {
        Path = place.FilePath(),
        CreateSize = isReadOnly ? null : ByteSize.FromSectors(64),
        IsReadOnly = isReadOnly,
        Mode = ServiceMode.Inline,
    });

    private static string Mappings() => File.ReadAllText("/proc/self/maps");
}

using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Tests.Devices.Files;
using Xunit;

namespace DmIo.Tests.Devices.Stores;

/// <summary>When a file is mapped, how long, and what becomes of the file's time.</summary>
public sealed class FileMappingTests : IDisposable
{
    private const string Memory = "/dev/shm";
    private const int Pages = 32;

    private static readonly DateTime LongAgo = new(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);

    private readonly TemporaryDirectory directory = new(Directory.Exists(Memory) ? Memory : null);

    public void Dispose() => directory.Dispose();

    [SharedMemoryFact]
    public void A_flush_says_that_the_file_was_changed()
    {
        using var file = Written();

        Assert.True(file.Flush().IsOk);

        Assert.NotEqual(LongAgo, File.GetLastWriteTimeUtc(file.Path));
    }

    [SharedMemoryFact]
    public void Its_close_says_that_the_file_was_changed()
    {
        using var file = Written();

        file.Close();

        Assert.NotEqual(LongAgo, File.GetLastWriteTimeUtc(file.Path));
    }

    [SharedMemoryFact]
    public void A_file_that_was_not_written_keeps_its_time()
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
        // Where this directory is in memory as well, this says nothing.
        using var disk = new TemporaryDirectory(AppContext.BaseDirectory);
        await using var device = Open(disk, isReadOnly: false);

        Assert.DoesNotContain(disk.FilePath(), Mappings(), StringComparison.Ordinal);
    }

    [SmallMemoryFact]
    public void On_a_file_system_that_is_full_the_writes_fail_that_do_not_fit_with_the_reason()
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

    /// <summary>Its pages are there, and its time is long ago though it was written since.</summary>
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

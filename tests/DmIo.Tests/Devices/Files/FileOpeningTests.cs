using System.Diagnostics;
using System.Runtime.Versioning;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using Xunit;

namespace DmIo.Tests.Devices.Files;

public sealed class FileOpeningTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    private string FilePath => directory.FilePath();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_missing_file_is_created_with_its_size()
    {
        await using var device =
            FileDevice.Open(new FileDeviceOptions { Path = FilePath, CreateSize = ByteSize.FromSectors(100) });
        Assert.Equal(100, device.Description.Capacity.Sectors.Value);
        Assert.Equal(51200, new FileInfo(FilePath).Length);
    }

    [Fact]
    public async Task R13_a_file_larger_than_requested_is_opened_whole_and_not_truncated()
    {
        var content = Bytes.Random(8 * 512, 1);
        File.WriteAllBytes(FilePath, content);
        await using (var device =
            FileDevice.Open(new FileDeviceOptions { Path = FilePath, CreateSize = ByteSize.FromSectors(4) }))
        {
            Assert.Equal(8, device.Description.Capacity.Sectors.Value);
        }

        Assert.Equal(content, File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void R13_a_file_smaller_than_requested_is_refused_and_not_extended()
    {
        File.WriteAllBytes(FilePath, new byte[4 * 512]);
        var refusal = Refused(new FileDeviceOptions { Path = FilePath, CreateSize = ByteSize.FromSectors(9) });
        Assert.Contains("2048 bytes, fewer than the 4608 asked for", refusal.Message);
        Assert.Contains(FilePath, refusal.Message);
        Assert.Equal(4 * 512, new FileInfo(FilePath).Length);
    }

    [Fact]
    public void A_missing_file_is_refused()
    {
        var refusal = Refused(new FileDeviceOptions { Path = FilePath });
        Assert.Contains("does not exist; create it with a size", refusal.Message);
        Assert.False(File.Exists(FilePath));
    }

    [Fact]
    public void A_missing_directory_is_refused() => Assert.Contains(
        "directory does not exist",
        Refused(new FileDeviceOptions
        {
            Path = Path.Combine(directory.Path, "no", "disk"),
            CreateSize = ByteSize.FromSectors(1),
        }).Message);

    [Fact]
    public void A_directory_is_refused() =>
        Assert.Contains("it is a directory", Refused(new FileDeviceOptions { Path = directory.Path }).Message);

    [Theory]
    [InlineData(0)]
    [InlineData(511)]
    public void A_file_without_a_whole_sector_is_refused(int lengthBytes)
    {
        File.WriteAllBytes(FilePath, new byte[lengthBytes]);
        Assert.Contains($"it has {lengthBytes} bytes", Refused(new FileDeviceOptions { Path = FilePath }).Message);
    }

    [Fact]
    public void An_empty_path_is_refused() =>
        Assert.Contains("path is empty", Refused(new FileDeviceOptions { Path = "" }).Message);

    [Theory]
    [InlineData(0)]
    [InlineData(511)]
    [InlineData(long.MaxValue)]
    public void An_invalid_size_is_refused(long bytes)
    {
        var refusal = Refused(new FileDeviceOptions { Path = FilePath, CreateSize = ByteSize.FromBytes(bytes) });
        Assert.Contains($"a size of {bytes} bytes", refusal.Message);
        Assert.False(File.Exists(FilePath));
    }

    [Fact]
    public void A_size_that_the_file_system_refuses_leaves_no_file_behind()
    {
        var size = ByteSize.FromSectors(SectorCount.MaxValue);
        var refusal = Refused(new FileDeviceOptions { Path = FilePath, CreateSize = size });
        Assert.Contains("cannot be made", refusal.Message);
        Assert.False(File.Exists(FilePath));
    }

    [Fact]
    public void Creating_a_read_only_device_is_refused() => Assert.Contains(
        "read-only", Refused(new FileDeviceOptions
        {
            Path = FilePath,
            IsReadOnly = true,
            CreateSize = ByteSize.FromSectors(1)
        }).Message);

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task A_writer_excludes_other_devices(bool isFirstReadOnly, bool isSecondReadOnly)
    {
        File.WriteAllBytes(FilePath, new byte[4096]);
        await using var first = Open(isFirstReadOnly);
        var refusal = Refused(new FileDeviceOptions { Path = FilePath, IsReadOnly = isSecondReadOnly });
        Assert.Contains("already open, by another device", refusal.Message);
    }

    [Fact]
    public async Task Readers_share_a_file()
    {
        File.WriteAllBytes(FilePath, new byte[4096]);
        await using var first = Open(isReadOnly: true);
        await using var second = Open(isReadOnly: true);
        Assert.Equal(first.Description, second.Description);
    }

    [Fact]
    public async Task A_closed_device_can_be_opened_again()
    {
        File.WriteAllBytes(FilePath, new byte[4096]);
        await Open(isReadOnly: false).DisposeAsync();
        await using var again = Open(isReadOnly: false);
        Assert.Equal(8, again.Description.Capacity.Sectors.Value);
    }

    [Fact]
    public async Task A_symbolic_link_is_followed()
    {
        File.WriteAllBytes(directory.FilePath("target"), new byte[4096]);
        File.CreateSymbolicLink(FilePath, directory.FilePath("target"));
        await using var device = Open(isReadOnly: false);
        Assert.Equal(8, device.Description.Capacity.Sectors.Value);
    }

    [Theory]
    [InlineData(512, 0)]
    [InlineData(1000, 488)]
    [InlineData(1535, 511)]
    public async Task Bytes_after_the_last_whole_sector_are_counted_and_left_out(int lengthBytes, int tailBytes)
    {
        File.WriteAllBytes(FilePath, new byte[lengthBytes]);
        await using var device = Open(isReadOnly: true);
        Assert.Equal(tailBytes, device.Description.TailBytes);
        Assert.Equal(lengthBytes, device.Description.Capacity.Bytes + tailBytes);
    }

    [Fact]
    public void A_dangling_symbolic_link_is_refused_and_nothing_is_created()
    {
        File.CreateSymbolicLink(FilePath, directory.FilePath("target"));
        var refusal = Refused(new FileDeviceOptions { Path = FilePath, CreateSize = ByteSize.FromSectors(8) });
        Assert.Contains($"symbolic link to '{directory.FilePath("target")}', which does not exist", refusal.Message);
        Assert.False(new FileInfo(directory.FilePath("target")).Exists);
    }

    [Fact]
    public void A_dangling_relative_link_is_named_with_its_full_target()
    {
        File.CreateSymbolicLink(FilePath, "nowhere");
        var path = Path.GetRelativePath(Environment.CurrentDirectory, FilePath);
        var refusal = Refused(new FileDeviceOptions { Path = path, IsReadOnly = true });
        Assert.Contains($"symbolic link to '{directory.FilePath("nowhere")}', which does not exist", refusal.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_loop_of_symbolic_links_is_named_as_such(bool isCreated)
    {
        File.CreateSymbolicLink(FilePath, directory.FilePath("other"));
        File.CreateSymbolicLink(directory.FilePath("other"), FilePath);
        var refusal = Refused(new FileDeviceOptions
        {
            Path = FilePath,
            CreateSize = isCreated ? ByteSize.FromSectors(8) : null,
        });
        Assert.Contains("symbolic link cannot be followed: Too many levels of symbolic links", refusal.Message);
    }

    [LinuxFact]
    public void A_directory_that_accepts_no_files_is_refused_as_such() => Assert.Contains(
        "its directory takes no new file",
        Refused(new FileDeviceOptions { Path = "/proc/no-such-file", CreateSize = ByteSize.FromSectors(8) }).Message);

    [LinuxFact]
    public void A_character_device_is_refused() =>
        Assert.Contains("is a character device", Refused(new FileDeviceOptions { Path = "/dev/zero" }).Message);

    [LinuxFact]
    public async Task A_pipe_is_refused_without_waiting_for_its_other_end()
    {
        using var factory = Process.Start("mkfifo", FilePath);
        await factory.WaitForExitAsync();
        Assert.Contains("is a pipe", Refused(new FileDeviceOptions { Path = FilePath, IsReadOnly = true }).Message);
    }

    [UnprivilegedFact]
    public void A_file_without_permission_is_refused()
    {
        File.WriteAllBytes(FilePath, new byte[4096]);
        File.SetAttributes(FilePath, FileAttributes.ReadOnly);
        var refusal = Refused(new FileDeviceOptions { Path = FilePath });
        Assert.Contains("Get permission, or open it read-only", refusal.Message);
        Assert.Equal(13, refusal.Errno);
    }

    [UnprivilegedFact]
    [UnsupportedOSPlatform("windows")]
    public void The_refusal_of_an_unreadable_file_does_not_suggest_read_only()
    {
        File.WriteAllBytes(FilePath, new byte[4096]);
        File.SetUnixFileMode(FilePath, UnixFileMode.None);
        var refusal = Refused(new FileDeviceOptions { Path = FilePath, IsReadOnly = true });
        Assert.EndsWith("Get permission.", refusal.Message);
        Assert.Equal(13, refusal.Errno);
    }

    private static DeviceOpenException Refused(FileDeviceOptions options) =>
        Assert.Throws<DeviceOpenException>(() => FileDevice.Open(options));

    private FileDevice Open(bool isReadOnly) =>
        FileDevice.Open(new FileDeviceOptions { Path = FilePath, IsReadOnly = isReadOnly });
}

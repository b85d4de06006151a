using System.Diagnostics;
using DmIo.Devices.Files;
using DmIo.Native;
using DmIo.Tests.Devices;
using Xunit;

namespace DmIo.Tests.Native;

/// <summary>A file has the same identity by every path that leads to it, and different files have different
/// ones.</summary>
public sealed class FileIdentityTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public FileIdentityTests() => File.WriteAllBytes(directory.FilePath("file"), new byte[4096]);

    private FileIdentity Known => FileIdentity.Of(directory.FilePath("file"))!;

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Symbolic_links_in_every_part_of_the_path_lead_to_the_same_file()
    {
        File.CreateSymbolicLink(directory.FilePath("link"), "file");
        Assert.Equal(Known, FileIdentity.Of(directory.FilePath("link")));
    }

    [LinuxFact]
    public async Task A_hard_link_is_the_same_file()
    {
        using var process = Process.Start("ln", [directory.FilePath("file"), directory.FilePath("hard")]);
        await process.WaitForExitAsync();
        Directory.CreateSymbolicLink(directory.FilePath("folder"), directory.Path);
        Assert.Equal(Known, FileIdentity.Of(Path.Combine(directory.FilePath("folder"), "hard")));
    }

    [LinuxFact]
    public void An_open_file_keeps_its_identity_after_its_path_was_replaced()
    {
        using var handle = File.OpenHandle(directory.FilePath("file"));
        Assert.Equal(Known, FileIdentity.Of(handle));
        File.WriteAllBytes(directory.FilePath("other"), new byte[4096]);
        File.Move(directory.FilePath("other"), directory.FilePath("file"), overwrite: true);
        Assert.NotEqual(Known.Node, FileIdentity.Of(handle)!.Node);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/dev/null")]
    [InlineData("/")]
    [InlineData("/no/such/file")]
    public void Paths_without_sectors_have_no_identity(string path) => Assert.Null(FileIdentity.Of(path));

    [LinuxFact]
    public async Task A_device_has_the_identity_of_its_file()
    {
        await using var device = FileDevice.Open(
            new FileDeviceOptions { Path = directory.FilePath("file"), IsReadOnly = true });
        Assert.Equal(Known, device.Description.Identity);
    }

    [LoopDeviceFact]
    public async Task A_loop_device_has_another_node_and_the_store_of_its_file()
    {
        using var loop = new LoopDevice(directory.FilePath("file"));
        await using var device = FileDevice.Open(new FileDeviceOptions { Path = loop.Path, IsReadOnly = true });
        var identity = device.Description.Identity!;
        Assert.Equal(identity, FileIdentity.Of(loop.Path));
        Assert.True(identity.IsBlockDevice);
        Assert.NotEqual(Known.Node, identity.Node);
        Assert.Equal(Known.Node, identity.Store);
    }

    [LoopDeviceFact]
    public void A_stacked_loop_device_has_the_store_of_the_lowest_file()
    {
        using var below = new LoopDevice(directory.FilePath("file"));
        using var middle = new LoopDevice(below.Path);
        using var above = new LoopDevice(middle.Path);
        Assert.Equal(Known.Store, FileIdentity.Of(middle.Path)!.Store);
        Assert.Equal(Known.Store, FileIdentity.Of(above.Path)!.Store);
    }
}

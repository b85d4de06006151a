using System.Diagnostics;
using DmIo.Devices.Files;
using DmIo.Native;
using DmIo.Tests.Devices;
using Xunit;

namespace DmIo.Tests.Native;

/// <summary>A file is the same by every path that leads to it, and another one by every path that does not.</summary>
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
        using var maker = Process.Start("ln", [directory.FilePath("file"), directory.FilePath("hard")]);
        await maker.WaitForExitAsync();
        Directory.CreateSymbolicLink(directory.FilePath("folder"), directory.Path);
        Assert.Equal(Known, FileIdentity.Of(Path.Combine(directory.FilePath("folder"), "hard")));
    }

    [LinuxFact]
    public void An_open_file_is_what_its_path_was_also_after_another_one_took_its_place()
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
    public void What_holds_no_sectors_has_none(string path) => Assert.Null(FileIdentity.Of(path));

    [LinuxFact]
    public async Task A_device_has_that_of_its_file()
    {
        await using var device = FileDevice.Open(
            new FileDeviceOptions { Path = directory.FilePath("file"), IsReadOnly = true });
        Assert.Equal(Known, device.Description.Identity);
    }

    [LoopDeviceFact]
    public async Task A_loop_device_is_another_node_on_the_store_of_its_file()
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
    public void A_loop_device_on_loop_devices_is_on_the_store_of_the_file_below_all_of_them()
    {
        using var below = new LoopDevice(directory.FilePath("file"));
        using var middle = new LoopDevice(below.Path);
        using var above = new LoopDevice(middle.Path);
        Assert.Equal(Known.Store, FileIdentity.Of(middle.Path)!.Store);
        Assert.Equal(Known.Store, FileIdentity.Of(above.Path)!.Store);
    }
}

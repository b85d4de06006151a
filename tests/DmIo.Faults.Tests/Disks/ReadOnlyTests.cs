using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Faults.Tests.Bench;
using DmIo.Io;
using Xunit;
using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Faults.Tests.Disks;

/// <summary>What becomes read-only under an open device: a file system, by an error of its own or by whoever mounted
/// it, and a disk.</summary>
public sealed class ReadOnlyTests
{
    private const int NotPermitted = 1;
    private const int ReadOnlyFileSystem = 30;
    private static readonly ByteSize DiskSize = ByteSize.FromMiB(2);

    [MountTheory("mount", "umount", "losetup", "mkfs.ext4", "e2fsck")]
    [MemberData(nameof(Way.All), MemberType = typeof(Way))]
    public async Task A_file_system_that_went_read_only_fails_writes_alone_until_it_is_mounted_anew(
        ServiceMode mode, bool isDirect)
    {
        await using var mounted = await Mounted.Ext4Async(sizeMiB: 16);
        var path = mounted.FilePath("disk");
        await using var bench = await FaultBench.StartAsync(path, mode, isDirect, createSize: DiskSize);
        await bench.AssertServesAsync(0);
        Assert.Equal(IoStatus.Ok, await bench.FlushAsync());
        mounted.FailItself();

        var status = await bench.WriteAsync(64, bench.Pattern(8));

        Assert.Equal((IoStatusCode.DeviceError, ReadOnlyFileSystem), (status.Code, status.Failure?.Errno));
        Assert.Contains(FaultBench.Ill, status.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(IoStatus.Ok, (await bench.ReadAsync(0, 8)).Status);
        await bench.Service.DetachAsync(FaultBench.Ill);
        await mounted.UnmountAsync();

        // 1: it has put right what it found.
        var (exitCode, said) = await PeerProcess.RunAsync("e2fsck", "-f", "-y", mounted.Disk);
        Assert.True(exitCode <= 1, said);
        await mounted.MountAsync();
        await bench.AttachAsync(path, mode, isDirect);
        await bench.AssertServesAsync(64);
    }

    [MountFact("mount", "umount")]
    public async Task Whoever_remounts_it_read_only_is_refused_while_a_device_writes_and_a_device_while_it_is()
    {
        await using var mounted = await Mounted.InMemoryAsync(sizeKiB: 4096);
        var path = mounted.FilePath("disk");
        await using var bench = await FaultBench.StartAsync(path, ServiceMode.Threads, createSize: DiskSize);

        Assert.Contains("busy", await FailAsync("mount", "-o", "remount,ro", mounted.Place), StringComparison.Ordinal);
        await bench.AssertServesAsync(0);
        await bench.Service.DetachAsync(FaultBench.Ill);
        await RunAsync("mount", "-o", "remount,ro", mounted.Place);

        var refusal = Assert.Throws<DeviceOpenException>(
            () => FileDevice.Open(new FileDeviceOptions { Path = path }));
        Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("ead-only", refusal.Message, StringComparison.Ordinal);
        await RunAsync("mount", "-o", "remount,rw", mounted.Place);
        await bench.AttachAsync(path, ServiceMode.Threads);
        await bench.AssertServesAsync(0);
    }

    [MountTheory("losetup", "blockdev")]
    [MemberData(nameof(Way.All), MemberType = typeof(Way))]
    public async Task A_disk_that_was_set_read_only_fails_writes_until_it_is_set_back(ServiceMode mode, bool isDirect)
    {
        using var file = DiskFile.OnDisk(DiskSize.Bytes);
        await using var disk = await LoopDisk.OverAsync(file.Path);
        await using var bench = await FaultBench.StartAsync(disk.Path, mode, isDirect);
        await bench.AssertServesAsync(0);
        await RunAsync("blockdev", "--setro", disk.Path);

        var status = await bench.WriteAsync(64, bench.Pattern(8));

        Assert.Equal((IoStatusCode.DeviceError, NotPermitted), (status.Code, status.Failure?.Errno));
        Assert.Equal(IoStatus.Ok, (await bench.ReadAsync(0, 8)).Status);
        await RunAsync("blockdev", "--setrw", disk.Path);
        await bench.AssertServesAsync(64);
    }
}

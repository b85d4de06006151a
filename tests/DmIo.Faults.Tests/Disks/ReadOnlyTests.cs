using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Faults.Tests.Bench;
using DmIo.Io;
using Xunit;
using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Faults.Tests.Disks;

/// <summary>An open device becomes read-only: its file system by an error or a remount, or its disk.</summary>
public sealed class ReadOnlyTests
{
    private const int NotPermitted = 1;
    private const int ReadOnlyFileSystem = 30;
    private static readonly ByteSize DiskSize = ByteSize.FromMiB(2);

    [MountTheory("mount", "umount", "losetup", "mkfs.ext4", "e2fsck")]
    [MemberData(nameof(FileModes.All), MemberType = typeof(FileModes))]
    public async Task A_file_system_that_became_read_only_fails_only_writes_until_it_is_mounted_again(
        ServiceMode mode, bool isDirect)
    {
        await using var mounted = await Mounted.Ext4Async(sizeMiB: 16);
        var path = mounted.FilePath("disk");
        await using var bench = await FaultBench.StartAsync(path, mode, isDirect, createSize: DiskSize);
        await bench.AssertServesAsync(0);
        Assert.Equal(IoStatus.Ok, await bench.FlushAsync());
        mounted.CauseError();

        var status = await bench.WriteAsync(64, bench.Pattern(8));

        Assert.Equal((IoStatusCode.DeviceError, ReadOnlyFileSystem), (status.Code, status.Failure?.Errno));
        Assert.Contains(FaultBench.Faulty, status.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(IoStatus.Ok, (await bench.ReadAsync(0, 8)).Status);
        await bench.Service.DetachAsync(FaultBench.Faulty);
        await mounted.UnmountAsync();

        // Exit code 1: errors were corrected.
        var (exitCode, printed) = await PeerProcess.RunAsync("e2fsck", "-f", "-y", mounted.Disk);
        Assert.True(exitCode <= 1, printed);
        await mounted.MountAsync();
        await bench.AttachAsync(path, mode, isDirect);
        await bench.AssertServesAsync(64);
    }

    [MountFact("mount", "umount")]
    public async Task A_read_only_remount_and_a_writing_device_exclude_each_other()
    {
        await using var mounted = await Mounted.InMemoryAsync(sizeKiB: 4096);
        var path = mounted.FilePath("disk");
        await using var bench = await FaultBench.StartAsync(path, ServiceMode.Threads, createSize: DiskSize);

        Assert.Contains("busy", await FailAsync("mount", "-o", "remount,ro", mounted.Place), StringComparison.Ordinal);
        await bench.AssertServesAsync(0);
        await bench.Service.DetachAsync(FaultBench.Faulty);
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
    [MemberData(nameof(FileModes.All), MemberType = typeof(FileModes))]
    public async Task A_disk_set_read_only_fails_writes_until_it_is_writable_again(ServiceMode mode, bool isDirect)
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

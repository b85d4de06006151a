using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Faults.Tests.Bench;
using DmIo.Io;
using Xunit;

namespace DmIo.Faults.Tests.Files;

/// <summary>A sparse file on a full file system: ENOSPC, until there is space.</summary>
public sealed class FullFileSystemTests
{
    private const int NoSpace = 28;
    private static readonly ByteSize DiskSize = ByteSize.FromMiB(16);

    [MountTheory("mount", "umount")]
    [MemberData(nameof(FileModes.Cached), MemberType = typeof(FileModes))]
    public async Task In_memory_operations_without_space_fail_until_there_is_some(ServiceMode mode)
    {
        await using var mounted = await Mounted.InMemoryAsync(sizeKiB: 1024);
        await RunFullAsync(mounted, mode, isDirect: false);
    }

    [MountTheory("mount", "umount", "losetup", "mkfs.ext4")]
    [MemberData(nameof(FileModes.All), MemberType = typeof(FileModes))]
    public async Task On_a_disk_operations_without_space_fail_until_there_is_some(
        ServiceMode mode, bool isDirect)
    {
        await using var mounted = await Mounted.Ext4Async(sizeMiB: 8);
        await RunFullAsync(mounted, mode, isDirect);
    }

    [MountTheory("mount", "umount", "losetup", "mkfs.ext4")]
    [MemberData(nameof(FileModes.All), MemberType = typeof(FileModes))]
    public async Task R14_a_durable_write_on_a_full_disk_fails_alone_and_the_device_keeps_serving(
        ServiceMode mode, bool isDirect)
    {
        await using var mounted = await Mounted.Ext4Async(sizeMiB: 8);
        await RunDurableAsync(mounted, mode, isDirect);
    }

    [MountTheory("mount", "umount")]
    [MemberData(nameof(FileModes.Cached), MemberType = typeof(FileModes))]
    public async Task R14_a_durable_write_on_a_full_file_system_in_memory_fails_alone_and_the_device_keeps_serving(
        ServiceMode mode)
    {
        await using var mounted = await Mounted.InMemoryAsync(sizeKiB: 1024);
        await RunDurableAsync(mounted, mode, isDirect: false);
    }

    [MountTheory("mount", "umount")]
    [MemberData(nameof(FileModes.Cached), MemberType = typeof(FileModes))]
    public async Task Concurrent_writes_on_a_full_file_system_have_their_own_outcomes(ServiceMode mode)
    {
        await using var mounted = await Mounted.InMemoryAsync(sizeKiB: 1024);
        await using var bench = await FaultBench.StartAsync(mounted.FilePath("disk"), mode, createSize: DiskSize);
        var data = bench.Pattern(64);
        var writes = Enumerable.Range(0, 128).Select(index =>
            bench.Client.WriteAsync(new IoRegion(FaultBench.Faulty, index * 64, 64), data)).ToArray();

        var results = await Task.WhenAll(writes).InTime();

        Assert.Contains(results, result => result.IsOk);
        Assert.Contains(results, result => !result.IsOk);
        foreach (var (index, result) in results.Index())
        {
            var (status, held) = await bench.ReadAsync(index * 64, 64);
            Assert.Equal(IoStatus.Ok, status);
            Assert.True(result.IsOk ? held.SequenceEqual(data) : result[0].Failure?.Errno == NoSpace);
        }
    }

    private static async Task RunDurableAsync(Mounted mounted, ServiceMode mode, bool isDirect)
    {
        var durable = new RequestOptions { ForceUnitAccess = true };
        await using var bench = await FaultBench.StartAsync(
            mounted.FilePath("disk"), mode, isDirect, createSize: DiskSize);
        await bench.AssertServesAsync(0);
        var filler = mounted.FillUp();

        var status = await bench.WriteAsync(1024, bench.Pattern(512), durable);

        Assert.Equal((IoStatusCode.DeviceError, NoSpace), (status.Code, status.Failure?.Errno));
        await bench.AssertServesAsync(0);
        Assert.Equal(IoStatus.Ok, await bench.WriteAsync(0, bench.Pattern(8), durable));
        Assert.Equal(IoStatus.Ok, await bench.FlushAsync());
        File.Delete(filler);
        Assert.Equal(IoStatus.Ok, await bench.WriteAsync(1024, bench.Pattern(512), durable));
    }

    private static async Task RunFullAsync(Mounted mounted, ServiceMode mode, bool isDirect)
    {
        await using var bench = await FaultBench.StartAsync(
            mounted.FilePath("disk"), mode, isDirect, createSize: DiskSize);
        await bench.AssertServesAsync(0);
        var filler = mounted.FillUp();

        var status = await bench.WriteAsync(1024, bench.Pattern(512));

        Assert.Equal((IoStatusCode.DeviceError, NoSpace), (status.Code, status.Failure?.Errno));
        Assert.Contains("No space left on device", status.Failure!.Message, StringComparison.Ordinal);
        await bench.AssertServesAsync(0);
        File.Delete(filler);
        await bench.AssertServesAsync(1024, sectors: 512);
        Assert.Equal(IoStatus.Ok, await bench.FlushAsync());
    }
}

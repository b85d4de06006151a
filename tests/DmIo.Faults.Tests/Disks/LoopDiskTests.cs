using DmIo.Devices;
using DmIo.Faults.Tests.Bench;
using DmIo.Io;
using Xunit;
using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Faults.Tests.Disks;

/// <summary>A disk that fails under an open device: it is detached or shrunk, its file is truncated, or the server of
/// its file dies.</summary>
public sealed class LoopDiskTests
{
    private const int InputOutput = 5;
    private const int NoSpace = 28;
    private const long LengthBytes = 4 << 20;

    [MountTheory("losetup")]
    [MemberData(nameof(FileModes.All), MemberType = typeof(FileModes))]
    public async Task A_detached_disk_serves_its_openers_and_disappears_after_the_last_close(
        ServiceMode mode, bool isDirect)
    {
        using var file = DiskFile.OnDisk(LengthBytes);
        await using var disk = await LoopDisk.OverAsync(file.Path);
        await using var bench = await FaultBench.StartAsync(disk.Path, mode, isDirect);
        await bench.AssertServesAsync(0);

        await disk.DetachAsync();

        await bench.AssertServesAsync(64);
        Assert.Equal(IoStatus.Ok, await bench.FlushAsync());
        Assert.True(await disk.IsAttachedAsync());
        await bench.Service.DetachAsync(FaultBench.Faulty).InTime();
        Assert.False(await disk.IsAttachedAsync());
        Assert.Equal(IoStatusCode.DeviceGone, (await bench.WriteAsync(0, bench.Pattern(8))).Code);
    }

    [MountTheory("losetup")]
    [MemberData(nameof(FileModes.All), MemberType = typeof(FileModes))]
    public async Task A_shrunk_disk_fails_behind_its_new_end_until_it_grows_again(ServiceMode mode, bool isDirect)
    {
        using var file = DiskFile.OnDisk(LengthBytes);
        await using var disk = await LoopDisk.OverAsync(file.Path);
        await using var bench = await FaultBench.StartAsync(disk.Path, mode, isDirect);
        await bench.AssertServesAsync(4096);
        file.SetLength(LengthBytes / 4);
        await RunAsync("losetup", "--set-capacity", disk.Path);

        var written = await bench.WriteAsync(4096, bench.Pattern(8));
        var (read, held) = await bench.ReadAsync(4096, 8);

        Assert.Equal((IoStatusCode.DeviceError, NoSpace), (written.Code, written.Failure?.Errno));
        Assert.Equal((IoStatusCode.DeviceError, InputOutput), (read.Code, read.Failure?.Errno));
        Assert.Equal(new byte[4096], held);
        await bench.AssertServesAsync(0);
        file.SetLength(LengthBytes);
        await RunAsync("losetup", "--set-capacity", disk.Path);
        await bench.AssertServesAsync(4096);
        Assert.Equal(IoStatus.Ok, await bench.FlushAsync());
    }

    [MountTheory("losetup")]
    [MemberData(nameof(FileModes.All), MemberType = typeof(FileModes))]
    public async Task A_disk_with_a_truncated_file_fails_reads_of_the_missing_sectors_until_they_are_written(
        ServiceMode mode, bool isDirect)
    {
        using var file = DiskFile.OnDisk(LengthBytes);
        await using var disk = await LoopDisk.OverAsync(file.Path);
        await using var bench = await FaultBench.StartAsync(disk.Path, mode, isDirect);
        await bench.AssertServesAsync(0);
        file.SetLength(LengthBytes / 4);

        var (read, held) = await bench.ReadAsync(4096, 64);

        Assert.Equal((IoStatusCode.DeviceError, InputOutput), (read.Code, read.Failure?.Errno));
        Assert.Equal(new byte[64 * Sector.SizeBytes], held);
        await bench.AssertServesAsync(4096, sectors: 64);
        Assert.Equal(IoStatus.Ok, await bench.FlushAsync());
    }

    [MountTheory("losetup", "nbdkit", "nbdfuse", "fusermount3")]
    [MemberData(nameof(FileModes.All), MemberType = typeof(FileModes))]
    public async Task A_disk_with_a_dead_file_system_fails_permanently_and_its_name_can_be_reused(
        ServiceMode mode, bool isDirect)
    {
        await using var file = await FuseFile.OfAsync(sizeMiB: 4);
        await using var disk = await LoopDisk.OverAsync(file.Path);
        await using var bench = await FaultBench.StartAsync(disk.Path, mode, isDirect);
        await bench.AssertServesAsync(0);
        await file.KillAsync();

        var (read, held) = await bench.ReadAsync(4096, 8);
        await bench.WriteAsync(1024, bench.Pattern(8));
        var flushed = await bench.FlushAsync();

        Assert.Equal((IoStatusCode.DeviceError, InputOutput), (read.Code, read.Failure?.Errno));
        Assert.Equal(new byte[4096], held);
        Assert.Equal((IoStatusCode.DeviceError, InputOutput), (flushed.Code, flushed.Failure?.Errno));
        using var spare = DiskFile.OnDisk(LengthBytes);
        await bench.Service.DetachAsync(FaultBench.Faulty).InTime();
        await bench.AttachAsync(spare.Path, mode, isDirect && spare.HasDirectIo());
        await bench.AssertServesAsync(1024);
    }
}

using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Faults.Tests.Bench;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Faults.Tests.Servers;

/// <summary>A file whose file system returns EIO for a while.</summary>
public sealed class FailingFuseTests
{
    private const int InputOutput = 5;

    [MountTheory("nbdkit", "nbdfuse", "fusermount3")]
    [MemberData(nameof(FileModes.All), MemberType = typeof(FileModes))]
    public async Task Its_errors_affect_only_this_device_and_end_with_their_cause(ServiceMode mode, bool isDirect)
    {
        await using var file = await FuseFile.OfAsync(sizeMiB: 4);
        await using var bench = await FaultBench.StartAsync(file.Path, mode, isDirect);
        await bench.AssertServesAsync(0, sectors: 64);
        file.Fail(isOn: true);

        var written = await bench.WriteAsync(1024, bench.Pattern(64));
        var (read, held) = await bench.ReadAsync(4096, 64);

        Assert.Equal((IoStatusCode.DeviceError, InputOutput), (written.Code, written.Failure?.Errno));
        Assert.Equal((IoStatusCode.DeviceError, InputOutput), (read.Code, read.Failure?.Errno));
        Assert.Contains("sector 1024", written.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(new byte[held.Length], held);
        file.Fail(isOn: false);
        await bench.AssertServesAsync(1024, sectors: 64);
        Assert.Equal(IoStatus.Ok, await bench.FlushAsync());
    }

    [MountTheory("nbdkit", "nbdfuse", "fusermount3", "losetup")]
    [MemberData(nameof(FileModes.Cached), MemberType = typeof(FileModes))]
    public async Task R14_a_failed_device_is_read_from_the_disk_if_allowed_and_serves_when_it_is_reopened(
        ServiceMode mode)
    {
        await using var file = await FuseFile.OfAsync(sizeMiB: 4);
        await using var disk = await LoopDisk.OverAsync(file.Path);
        await using var bench = await FaultBench.StartAsync(FileDevice.Open(
            new FileDeviceOptions { Path = disk.Path, Mode = mode, ReadsAfterFailure = true }));
        var kept = bench.Pattern(8);
        Assert.Equal(IoStatus.Ok, await bench.WriteAsync(0, kept));
        Assert.Equal(IoStatus.Ok, await bench.FlushAsync());
        file.Fail(isOn: true);
        Assert.Equal(IoStatus.Ok, await bench.WriteAsync(0, bench.Pattern(8)));
        Assert.Equal(InputOutput, (await bench.FlushAsync()).Failure?.Errno);
        file.Fail(isOn: false);

        var (status, held) = await bench.ReadAsync(0, 8);

        Assert.Equal(IoStatus.Ok, status);
        Assert.Equal(kept, held);
        Assert.Equal(IoStatusCode.DeviceFailed, (await bench.WriteAsync(0, bench.Pattern(8))).Code);
        await bench.Service.ReopenAsync(FaultBench.Faulty).InTime();
        (status, held) = await bench.ReadAsync(0, 8);
        Assert.Equal(IoStatus.Ok, status);
        Assert.Equal(kept, held);
        await bench.AssertServesAsync(0);
        Assert.Equal(IoStatus.Ok, await bench.FlushAsync());
    }

    [MountTheory("nbdkit", "nbdfuse", "fusermount3", "losetup")]
    [MemberData(nameof(FileModes.Cached), MemberType = typeof(FileModes))]
    public async Task R14_a_loss_that_a_flush_reported_is_still_known_to_the_second_descriptor(ServiceMode mode)
    {
        await using var file = await FuseFile.OfAsync(sizeMiB: 4);
        await using var disk = await LoopDisk.OverAsync(file.Path);
        await using var device = FileDevice.Open(new FileDeviceOptions { Path = disk.Path, Mode = mode });
        var data = new SegmentBatch();
        data.Add(new byte[4096]);
        Assert.Equal(IoStatus.Ok, await device.ConfirmAcceptedAsync());
        file.Fail(isOn: true);
        Assert.Equal(TransferResult.Moved(4096), await device.WriteAsync(0, data, forceUnitAccess: false));
        Assert.Equal(InputOutput, (await device.FlushAsync()).Failure?.Errno);
        file.Fail(isOn: false);
        Assert.Equal(IoStatus.Ok, await device.FlushAsync());

        Assert.Equal(InputOutput, (await device.ConfirmAcceptedAsync()).Failure?.Errno);
    }

    [MountTheory("nbdkit", "nbdfuse", "fusermount3", "losetup")]
    [MemberData(nameof(FileModes.Cached), MemberType = typeof(FileModes))]
    public async Task R14_failed_writeback_fails_the_flush_and_the_device_until_it_is_attached_again(
        ServiceMode mode)
    {
        await using var file = await FuseFile.OfAsync(sizeMiB: 4);
        await using var disk = await LoopDisk.OverAsync(file.Path);
        await using var bench = await FaultBench.StartAsync(disk.Path, mode);
        await bench.AssertServesAsync(0);
        file.Fail(isOn: true);
        await bench.AssertServesAsync(0);

        var flushed = await bench.FlushAsync();

        Assert.Equal((IoStatusCode.DeviceError, InputOutput), (flushed.Code, flushed.Failure?.Errno));
        Assert.Contains(FaultBench.Faulty, flushed.Failure!.Message, StringComparison.Ordinal);
        file.Fail(isOn: false);
        var written = await bench.WriteAsync(0, bench.Pattern(8));
        Assert.Equal((IoStatusCode.DeviceFailed, InputOutput), (written.Code, written.Failure?.Errno));
        await bench.Service.DetachAsync(FaultBench.Faulty);
        await bench.AttachAsync(disk.Path, mode);
        await bench.AssertServesAsync(0);
        Assert.Equal(IoStatus.Ok, await bench.FlushAsync());
    }
}

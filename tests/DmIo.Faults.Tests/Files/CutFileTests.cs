using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Faults.Tests.Bench;
using DmIo.Io;
using Xunit;

namespace DmIo.Faults.Tests.Files;

/// <summary>A file is truncated while it is a device (R13): reads behind its end fail and leave zeroes, writes and
/// zeroing extend it again, and a mapping of it does not end the process.</summary>
public sealed class CutFileTests
{
    private const int InputOutput = 5;
    private const long LengthBytes = 2 << 20;

    private static readonly WriteZeroesFlags[] Zeroings = [WriteZeroesFlags.None, WriteZeroesFlags.NoUnmap];

    [Theory]
    [MemberData(nameof(FileModes.All), MemberType = typeof(FileModes))]
    public async Task On_a_disk_reads_behind_the_end_fail_and_writes_extend_the_file(ServiceMode mode, bool isDirect)
    {
        using var file = DiskFile.OnDisk(LengthBytes);
        await CutAsync(file, mode, isDirect && file.HasDirectIo());
    }

    [Theory]
    [MemberData(nameof(FileModes.Cached), MemberType = typeof(FileModes))]
    public async Task In_memory_reads_behind_the_end_fail_and_writes_extend_the_file(ServiceMode mode)
    {
        using var file = DiskFile.InMemory(LengthBytes);
        await CutAsync(file, mode, isDirect: false);
    }

    [Theory]
    [MemberData(nameof(FileModes.All), MemberType = typeof(FileModes))]
    public async Task R13_on_a_disk_zeroing_extends_the_file_and_extents_agree_with_reads(
        ServiceMode mode, bool isDirect)
    {
        foreach (var zeroing in Zeroings)
        {
            using var file = DiskFile.OnDisk(LengthBytes);
            await CutAndZeroAsync(file, mode, isDirect && file.HasDirectIo(), zeroing);
        }
    }

    [Theory]
    [MemberData(nameof(FileModes.Cached), MemberType = typeof(FileModes))]
    public async Task R13_in_memory_zeroing_extends_the_file_and_extents_agree_with_reads(ServiceMode mode)
    {
        foreach (var zeroing in Zeroings)
        {
            using var file = DiskFile.InMemory(LengthBytes);
            await CutAndZeroAsync(file, mode, isDirect: false, zeroing);
        }
    }

    [Theory]
    [MemberData(nameof(FileModes.All), MemberType = typeof(FileModes))]
    public async Task R13_no_request_with_NoExtend_changes_the_length_on_a_disk(ServiceMode mode, bool isDirect)
    {
        using var file = DiskFile.OnDisk(LengthBytes);
        await CutAndRefuseAsync(file, mode, isDirect && file.HasDirectIo());
    }

    [Theory]
    [MemberData(nameof(FileModes.Cached), MemberType = typeof(FileModes))]
    public async Task R13_no_request_with_NoExtend_changes_the_length_in_memory(ServiceMode mode)
    {
        using var file = DiskFile.InMemory(LengthBytes);
        await CutAndRefuseAsync(file, mode, isDirect: false);
    }

    [Theory]
    [MemberData(nameof(FileModes.Cached), MemberType = typeof(FileModes))]
    public async Task Repeated_truncation_under_many_writes_does_not_end_the_process(ServiceMode mode)
    {
        using var file = DiskFile.InMemory(LengthBytes);
        await using var bench = await FaultBench.StartAsync(file.Path, mode);
        var data = bench.Pattern(16);
        for (var round = 0; round < 60; round++)
        {
            var writes = Enumerable.Range(0, 64).Select(index =>
                bench.Client.WriteAsync(new IoRegion(FaultBench.Faulty, index * 64, 16), data)).ToArray();
            file.SetLength(round % 3 * 65536);
            file.SetLength(LengthBytes);

            var results = await Task.WhenAll(writes).InTime();

            Assert.All(results, result => Assert.True(result.IsOk, result.ToString()));
        }

        await bench.AssertServesAsync(0);
    }

    private static async Task CutAndZeroAsync(
        DiskFile file, ServiceMode mode, bool isDirect, WriteZeroesFlags zeroing)
    {
        await using var bench = await FaultBench.StartAsync(file.Path, mode, isDirect);
        await bench.AssertServesAsync(0, sectors: 4096);
        file.SetLength((LengthBytes / 4) + 100);
        var missing = new IoRegion(FaultBench.Faulty, 2048, 64);

        Assert.True((await bench.Client.DiscardAsync(missing).InTime()).IsOk);
        Assert.Equal(InputOutput, (await bench.ReadAsync(2048, 64)).Status.Failure?.Errno);
        Assert.Equal([ExtentKind.Data], await bench.KindsAsync(1024, 3072));
        var zeroed = await bench.Client.WriteZeroesAsync(missing, new RequestOptions { Zeroing = zeroing }).InTime();

        Assert.True(zeroed.IsOk, zeroed.ToString());
        var (status, held) = await bench.ReadAsync(2048, 64);
        Assert.Equal(IoStatus.Ok, status);
        Assert.Equal(new byte[64 * Sector.SizeBytes], held);
        Assert.Equal((2048 + 64) * Sector.SizeBytes, new FileInfo(file.Path).Length);
        Assert.Equal(InputOutput, (await bench.ReadAsync(2048 + 64, 8)).Status.Failure?.Errno);
        Assert.Equal([ExtentKind.Data], await bench.KindsAsync(2048 + 64, 8));
        await bench.AssertServesAsync(4088);
    }

    private static async Task CutAndRefuseAsync(DiskFile file, ServiceMode mode, bool isDirect)
    {
        await using var bench = await FaultBench.StartAsync(file.Path, mode, isDirect);
        var (present, options) = (new IoRegion(FaultBench.Faulty, 0, 64), new RequestOptions { NoExtend = true });
        file.SetLength(LengthBytes / 4);

        IoResult[] results =
        [
            await bench.Client.WriteAsync(present, bench.Pattern(64), options).InTime(),
            await bench.Client.WriteAsync(
                present, bench.Pattern(64), options with { ForceUnitAccess = true }).InTime(),
            await bench.Client.WriteZeroesAsync(present, options).InTime(),
            await bench.Client.DiscardAsync(present, options).InTime(),
        ];

        Assert.All(results, result => Assert.Equal(IoStatusCode.Truncated, result[0].Code));
        Assert.Equal(LengthBytes / 4, new FileInfo(file.Path).Length);
        Assert.Equal(new byte[64 * Sector.SizeBytes], (await bench.ReadAsync(0, 64)).Data);
        file.SetLength(LengthBytes);
        Assert.True((await bench.Client.WriteAsync(present, bench.Pattern(64), options).InTime()).IsOk);
    }

    private static async Task CutAsync(DiskFile file, ServiceMode mode, bool isDirect)
    {
        await using var bench = await FaultBench.StartAsync(file.Path, mode, isDirect);
        await bench.AssertServesAsync(2048, sectors: 64);
        file.SetLength(LengthBytes / 4);

        var (status, held) = await bench.ReadAsync(2048, 64);

        Assert.Equal((IoStatusCode.DeviceError, InputOutput), (status.Code, status.Failure?.Errno));
        Assert.Contains("sector 2048", status.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(new byte[64 * Sector.SizeBytes], held);
        await bench.AssertServesAsync(0, sectors: 64);
        await bench.AssertServesAsync(2048, sectors: 64);
        Assert.Equal(IoStatus.Ok, await bench.FlushAsync());
        Assert.True(new FileInfo(file.Path).Length <= LengthBytes);
    }
}

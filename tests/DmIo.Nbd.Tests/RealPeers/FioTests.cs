using System.Text.Json;
using Xunit;
using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>fio writes blocks with checksums in random order, many at a time, and verifies its reads.</summary>
public sealed class FioTests
{
    [FioTheory]
    [InlineData(false, "4k-4k", 32)]
    [InlineData(true, "4k-4k", 32)]
    [InlineData(false, "512-300k", 16)]
    [InlineData(true, "1m-1m", 8)]
    public async Task Every_block_is_verified(bool tcp, string blocks, int depth)
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var printed = await RunAsync(
            "fio", "--name=t", "--ioengine=nbd", $"--uri={served.Uri(tcp)}", "--rw=randwrite", $"--bsrange={blocks}",
            $"--iodepth={depth}", "--size=24m", "--verify=crc32c", "--verify_fatal=1", "--randseed=7",
            "--bs_unaligned=0", "--output-format=json", "--fsync=500");

        var job = JsonDocument.Parse(printed[printed.IndexOf('{', StringComparison.Ordinal)..]).RootElement
            .GetProperty("jobs")[0];
        Assert.Equal(0, job.GetProperty("error").GetInt32());
        Assert.True(job.GetProperty("read").GetProperty("io_bytes").GetInt64() > 16 << 20, "too few verified bytes");
    }

    [FioTheory]
    [InlineData("trimwrite")]
    [InlineData("randrw")]
    public async Task Four_jobs_write_and_verify_concurrently(string pattern)
    {
        await using var served = await ServedDisks.WithDiskAsync();

        await RunAsync(
            "fio", "--name=t", "--ioengine=nbd", $"--uri={served.Uri()}", $"--rw={pattern}", "--bs=8k", "--iodepth=16",
            "--size=8m", "--numjobs=4", "--offset_increment=8m", "--verify=crc32c", "--verify_fatal=1");
    }
}

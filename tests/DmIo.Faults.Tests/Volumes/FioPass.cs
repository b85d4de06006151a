using System.Text.Json;

namespace DmIo.Faults.Tests.Volumes;

/// <summary>
/// One pass of fio over a range of an export: it writes every block once, in random order, with a pattern of the pass
/// and of the offset, reads blocks back soon after they were written, and all of them once more at the end. A write
/// that was lost leaves the block of an earlier pass, which differs.
/// </summary>
internal sealed class FioPass(string uri, string place, int pass)
{
    private static readonly string[] Blocks = ["4k", "16k", "64k", "12k"];

    /// <summary>Writes that were acknowledged.</summary>
    internal long Writes { get; private set; }

    /// <summary>Bytes that were read and compared.</summary>
    internal long VerifiedBytes { get; private set; }

    internal async Task RunAsync(TimeSpan limit)
    {
        await RunAsync(limit, "--verify_backlog=64", "--verify_backlog_batch=32");
        await RunAsync(limit, "--verify_only");
    }

    private async Task RunAsync(TimeSpan limit, params string[] how)
    {
        using var directory = new TemporaryDirectory();
        var report = directory.FilePath("report");
        await using var fio = PeerProcess.Start(
            "fio", [
            "--name=pass", "--ioengine=nbd", $"--uri={uri}", "--rw=randwrite", $"--bs={Blocks[pass % Blocks.Length]}",
            $"--size={place}", "--iodepth=16", "--verify=pattern", $"--verify_pattern=\"pass {pass:d8}\"%o",
            "--verify_fatal=1", $"--randseed={pass}", "--verify_state_save=0", "--output-format=json",
            $"--output={report}", .. how]);
        var exitCode = await fio.EndAsync(limit);
        Xunit.Assert.True(exitCode == 0, $"fio found a fault in pass {pass}: {fio.Output}");
        var job = JsonDocument.Parse(await File.ReadAllTextAsync(report)).RootElement.GetProperty("jobs")[0];
        Writes += job.GetProperty("write").GetProperty("total_ios").GetInt64();
        VerifiedBytes += job.GetProperty("read").GetProperty("io_bytes").GetInt64();
    }
}

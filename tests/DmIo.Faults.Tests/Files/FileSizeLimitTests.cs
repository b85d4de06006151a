using DmIo.Devices;
using DmIo.Faults.Tests.Bench;
using Xunit;

namespace DmIo.Faults.Tests.Files;

/// <summary>A limit on the size of files (RLIMIT_FSIZE): EFBIG, and no death by SIGXFSZ. The limit is that of a process
/// of its own, which is <c>dmio</c>.</summary>
public sealed class FileSizeLimitTests
{
    private const int LimitBytes = 1 << 20;

    [PeerTheory("prlimit", "dotnet")]
    [MemberData(nameof(Way.Cached), MemberType = typeof(Way))]
    public async Task What_lies_behind_it_fails_with_EFBIG_and_the_sibling_has_the_data(ServiceMode mode)
    {
        using var file = DiskFile.OnDisk(4 * LimitBytes);
        using var directory = new TemporaryDirectory();
        var source = directory.SparseFile("data", 1 << 14);

        var (exitCode, said) = await RunLimitedAsync(
            "write", "--from", source, "--json", "--device-mode", $"{mode}".ToLowerInvariant(),
            "--region", $"{file.Path}@4096", "--region", "mem:4MiB@0");

        Assert.True(exitCode == 1, $"{exitCode}: {said}");
        Assert.Contains("\"errors\":\"0x1\"", said, StringComparison.Ordinal);
        Assert.Contains("\"errno\":27", said, StringComparison.Ordinal);
    }

    [PeerFact("prlimit", "dotnet")]
    public async Task A_file_that_would_be_longer_is_not_made_and_nothing_is_left_of_it()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.FilePath("disk");

        var (exitCode, said) = await RunLimitedAsync(
            "write", "--from", "/dev/null", "--create", "4MiB", "--region", $"{path}@0");

        Assert.True(exitCode == 2, $"{exitCode}: {said}");
        Assert.Contains(path, said, StringComparison.Ordinal);
        Assert.Contains("large", said, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    /// <summary>The runtime's own double mapping of code is a file too, and longer than that.</summary>
    private static Task<(int ExitCode, string Said)> RunLimitedAsync(params string[] arguments) => PeerProcess.RunAsync(
        "env",
        [
            "DOTNET_EnableWriteXorExecute=0", "prlimit", $"--fsize={LimitBytes}", Programs.Find("dotnet")!,
            Path.Combine(AppContext.BaseDirectory, "DmIo.Cli.dll"), .. arguments,
        ]);
}

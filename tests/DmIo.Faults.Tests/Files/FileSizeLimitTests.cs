using DmIo.Devices;
using DmIo.Faults.Tests.Bench;
using Xunit;

namespace DmIo.Faults.Tests.Files;

/// <summary>A limit on the size of files (RLIMIT_FSIZE) causes EFBIG and not SIGXFSZ. The limit applies to a child
/// process, which runs <c>dmio</c>.</summary>
public sealed class FileSizeLimitTests
{
    private const int LimitBytes = 1 << 20;

    [PeerTheory("prlimit", "dotnet")]
    [MemberData(nameof(FileModes.Cached), MemberType = typeof(FileModes))]
    public async Task Writes_behind_the_limit_fail_with_EFBIG_and_the_sibling_has_the_data(ServiceMode mode)
    {
        using var file = DiskFile.OnDisk(4 * LimitBytes);
        using var directory = new TemporaryDirectory();
        var source = directory.SparseFile("data", 1 << 14);

        var (exitCode, printed) = await RunLimitedAsync(
            "write", "--from", source, "--json", "--device-mode", $"{mode}".ToLowerInvariant(),
            "--region", $"{file.Path}@4096", "--region", "mem:4MiB@0");

        Assert.True(exitCode == 1, $"{exitCode}: {printed}");
        Assert.Contains("\"errors\":\"0x1\"", printed, StringComparison.Ordinal);
        Assert.Contains("\"errno\":27", printed, StringComparison.Ordinal);
    }

    [PeerFact("prlimit", "dotnet")]
    public async Task A_file_beyond_the_limit_is_not_created_and_nothing_is_left_of_it()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.FilePath("disk");

        var (exitCode, printed) = await RunLimitedAsync(
            "write", "--from", "/dev/null", "--create", "4MiB", "--region", $"{path}@0");

        Assert.True(exitCode == 2, $"{exitCode}: {printed}");
        Assert.Contains(path, printed, StringComparison.Ordinal);
        Assert.Contains("large", printed, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    /// <summary>The runtime's double mapping of code is a file beyond the limit, so it is turned off.</summary>
    private static Task<(int ExitCode, string Output)> RunLimitedAsync(params string[] arguments) =>
        PeerProcess.RunAsync(
            "env",
            [
                "DOTNET_EnableWriteXorExecute=0", "prlimit", $"--fsize={LimitBytes}", Programs.Find("dotnet")!,
                Path.Combine(AppContext.BaseDirectory, "DmIo.Cli.dll"), .. arguments,
            ]);
}

using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Faults.Tests.Bench;
using DmIo.Io;
using DmIo.Nbd;
using DmIo.Nbd.Client;
using Xunit;

namespace DmIo.Faults.Tests.Files;

/// <summary>A process that can start no thread, and for which the kernel can start none: <c>dmio serve</c> with a file,
/// whose client is the faulty device.</summary>
public sealed class ThreadShortageTests
{
    private static readonly RequestOptions Durable = new() { ForceUnitAccess = true };

    [ThreadLimitTheory("dotnet")]
    [MemberData(nameof(FileModes.Cached), MemberType = typeof(FileModes))]
    public async Task R14_a_thread_shortage_fails_no_operation_of_a_file_and_no_device(ServiceMode mode)
    {
        using var file = DiskFile.OnDisk(lengthBytes: 1 << 24);
        using var directory = new TemporaryDirectory();
        var socket = directory.FilePath("nbd.sock");
        await using var server = PeerProcess.Start(
            "dotnet", Path.Combine(AppContext.BaseDirectory, "DmIo.Cli.dll"), "serve", "--json",
            "--export", $"disk={file.Path}", "--unix", socket, "--device-mode", $"{mode}".ToLowerInvariant());
        await server.WaitForOutputAsync("\"exports\"");
        var device = await NbdDevice.OpenAsync(new NbdDeviceOptions { Uri = NbdUri.Unix(socket, "disk") }).InTime();
        await using var bench = await FaultBench.StartAsync(device);
        using var limit = ThreadLimit.Of(server);

        limit.Begin();
        await RunAsync(bench);
        var refused = limit.Refused;
        limit.End();
        await RunAsync(bench);

        Assert.True(mode == ServiceMode.Inline || refused > 0, "No thread was needed.");
        Assert.DoesNotContain("DeviceFailed", server.Output, StringComparison.Ordinal);
    }

    [ThreadLimitTheory("dotnet")]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(18)]
    public async Task A_server_that_cannot_start_its_threads_ends_or_serves(int threads)
    {
        using var directory = new TemporaryDirectory();
        var (socket, go) = (directory.FilePath("nbd.sock"), directory.FilePath("go"));
        var command = Path.Combine(AppContext.BaseDirectory, "DmIo.Cli.dll");
        await using var server = PeerProcess.Start(
            "sh", "-c", $"until test -e '{go}'; do sleep 0.05; done; exec dotnet '{command}' serve --json "
                + $"--export disk=mem:1MiB --unix '{socket}'");
        using var limit = ThreadLimit.Of(server);
        limit.Set(threads);
        File.WriteAllText(go, "");

        await Task.WhenAny(server.WaitForOutputAsync("\"exports\""), server.EndAsync()).InTime();

        if (server.HasExited)
        {
            Assert.NotEqual(0, await server.EndAsync());
            Assert.NotEmpty(server.Output);
            return;
        }

        await using var device = await NbdDevice.OpenAsync(
            new NbdDeviceOptions { Uri = NbdUri.Unix(socket, "disk") }).InTime();
        Assert.Equal(2048, device.Description.Capacity.Sectors.Value);
    }

    /// <summary>Flushes and durable writes, for which the ring needs kernel threads, and reads.</summary>
    private static async Task RunAsync(FaultBench bench)
    {
        for (var round = 0; round < 4; round++)
        {
            await bench.AssertServesAsync(round * 64);
            Assert.Equal(IoStatus.Ok, await bench.FlushAsync());
            Assert.Equal(IoStatus.Ok, await bench.WriteAsync(2048 + (round * 64), bench.Pattern(8), Durable));
            var many = await Task.WhenAll(Enumerable.Range(0, 32).Select(index => bench.Client.WriteAsync(
                new IoRegion(FaultBench.Faulty, 4096 + (index * 16), 8), bench.Pattern(8), Durable))).InTime();
            Assert.All(many, result => Assert.True(result.IsOk, result.ToString()));
        }
    }
}

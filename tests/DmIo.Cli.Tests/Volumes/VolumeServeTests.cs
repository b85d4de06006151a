using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Volumes;

/// <summary>A volume as an export of <c>dmio serve</c>, which is a process.</summary>
public sealed class VolumeServeTests : IDisposable
{
    private const int Blocks = 2048;

    private readonly TempDirectory directory = new();

    private string Volume => $"vol:{directory.PathOf("a")},{directory.PathOf("b")},{directory.PathOf("c")}";

    private string SocketPath => directory.PathOf("socket");

    public void Dispose() => directory.Dispose();

    [PeerFact("nbdcopy", "qemu-io")]
    public async Task A_served_volume_is_closed_by_a_signal_and_its_legs_are_equal()
    {
        await CreateAsync();
        directory.Fill("data", 4 << 20, seed: 14);
        using var server = await StartAsync();

        var copied = await DmioProcess.RunAsync(directory, $"""
            nbdcopy data 'nbd+unix:///disk?socket={SocketPath}'
            qemu-io -f raw 'nbd+unix:///disk?socket={SocketPath}' -c 'write -P 7 8M 1M' -c 'write -z 9M 1M' \
                -c 'discard 10M 1M' -c flush > /dev/null
            """);
        await server.SignalAsync("TERM");
        var end = await server.EndUnreadAsync();

        Assert.True(copied.ExitCode == 0, copied.ToString());
        Assert.Equal((0, ""), end);
        Assert.Equal("Closed", await StateAsync());
        var after = directory.Read("a")[(1 << 20)..];
        Assert.Equal(directory.Read("data"), after[..(4 << 20)]);
        Assert.Equal(after, directory.Read("b")[(1 << 20)..]);
        Assert.Equal(after, directory.Read("c")[(1 << 20)..]);
    }

    [Fact]
    public async Task A_volume_that_was_created_with_unfenced_legs_is_verified_and_forced_without_a_further_option()
    {
        using var server = DmioProcess.StartCommand(
            "serve", "--export", $"disk={directory.PathOf("far")}", "--create", "16MiB",
            "--unix", SocketPath, "--json");
        Assert.NotNull(await server.ReadLineAsync());
        string[] legs = ["--leg", $"nbd+unix:///disk?socket={SocketPath}", "--leg", directory.PathOf("near")];
        var created = await Command.RunAsync(
            ["volume", "create", "disk", .. legs, "--create", "16MiB", "--allow-unfenced"]);
        var verified = await Command.RunAsync(["volume", "verify", .. legs]);
        var forced = await Command.RunAsync(["volume", "force", .. legs[..2], "--force"]);

        Assert.True(created.ExitCode == 0, created.ToString());
        Assert.True(verified.ExitCode == 0, verified.ToString());
        Assert.True(forced.ExitCode == 0, forced.ToString());
        await server.SignalAsync("TERM");
        await server.EndUnreadAsync();
    }

    [PeerFact("nbdsh")]
    public async Task A_killed_server_loses_no_acknowledged_write_and_the_next_opening_recovers()
    {
        await CreateAsync();
        using var server = await StartAsync();
        using var load = DmioProcess.StartOther(
            "nbdsh", "-u", $"nbd+unix:///disk?socket={SocketPath}", "-c", $"""
            block = 0
            try:
                while True:
                    h.pwrite(bytes([block % 251 + 1]) * 4096, block % {Blocks} * 4096)
                    block += 1
                    if block == 300: print("going", flush=True)
            except nbd.Error:
                print(block, flush=True)
            """);
        Assert.Equal("going", await load.ReadLineAsync());

        server.Kill();
        await server.EndUnreadAsync();
        var acknowledged = int.Parse((await load.ReadLineAsync())!);
        await load.EndUnreadAsync();
        await FreeAsync();
        Assert.Equal("Unclean", await StateAsync());

        var recovered = await Command.RunAsync(
            "read", "--region", $"{Volume}@0+{Blocks * 8}", "--to", directory.PathOf("copy"));

        Assert.True(recovered.ExitCode == 0, recovered.ToString());
        Assert.Equal("Closed", await StateAsync());
        Check(directory.Read("copy"), acknowledged);
        var after = directory.Read("a")[(1 << 20)..];
        Assert.Equal(directory.Read("copy"), after[..(Blocks * 4096)]);
        Assert.Equal(after, directory.Read("b")[(1 << 20)..]);
        Assert.Equal(after, directory.Read("c")[(1 << 20)..]);
    }

    private static void Check(byte[] disk, int acknowledged)
    {
        for (var block = Math.Max(0, acknowledged - Blocks); block < acknowledged; block++)
        {
            // The write without a reply may be on the disk, too.
            var found = disk[block % Blocks * 4096];
            Assert.True(
                found == (block % 251) + 1 || (found == (acknowledged % 251) + 1 && block == acknowledged - Blocks),
                $"block {block} has {found}; {acknowledged} were acknowledged");
        }
    }

    private async Task CreateAsync()
    {
        var created = await DmioProcess.RunAsync(
            directory, "dmio volume create disk --leg a --leg b --leg c --create 16MiB");
        Assert.True(created.ExitCode == 0, created.ToString());
    }

    private async Task<DmioProcess> StartAsync()
    {
        var server = DmioProcess.StartCommand("serve", "--export", $"disk={Volume}", "--unix", SocketPath, "--json");
        Assert.Contains("\"name\":\"disk\"", await server.ReadLineAsync());
        return server;
    }

    private async Task<string?> StateAsync()
    {
        var status = await Command.RunAsync(
            "volume", "status", "--leg", directory.PathOf("a"), "--leg", directory.PathOf("b"), "--leg",
            directory.PathOf("c"), "--json");
        Assert.True(status.ExitCode == 0, status.ToString());
        return status.Json.GetProperty("state").GetString();
    }

    /// <summary>Waits until the kernel has released the legs of the killed process.</summary>
    private async Task FreeAsync()
    {
        foreach (var leg in (string[])["a", "b", "c"])
        {
            using var waiting = DmioProcess.StartOther("flock", "--shared", directory.PathOf(leg), "true");
            Assert.Equal(0, (await waiting.EndUnreadAsync()).ExitCode);
        }
    }
}

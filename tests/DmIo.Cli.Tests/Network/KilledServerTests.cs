using System.Text.Json;
using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Network;

/// <summary>One of three copies is on a server that is killed during a <c>dmio write</c>, or during a load on a volume
/// of <c>dmio serve</c>. The other two copies are complete, and the failure is reported.</summary>
public sealed class KilledServerTests : IAsyncLifetime
{
    private const int DiskBytes = 32 << 20;
    private const int VolumeBytes = 16 << 20;
    private const int MostInFlightBytes = (4 << 20) + (64 << 10);

    private readonly TempDirectory directory = new();
    private readonly Dictionary<string, NbdPeer> peers = [];

    private string FilePath => directory.PathOf("own.img");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var peer in peers.Values)
        {
            await peer.DisposeAsync();
        }

        directory.Dispose();
    }

    [PeerTheory("nbdkit", "qemu-nbd", "nbdcopy")]
    [InlineData("nbdkit", 1)]
    [InlineData("qemu", 2)]
    public async Task A_write_reports_only_its_bit_and_the_others_have_the_whole_input(string killed, int index)
    {
        await StartPeersAsync();
        var data = Bytes.Random(DiskBytes, seed: 3);
        using var write = DmioProcess.StartFed(
            "write", "--region", $"{FilePath}@0", "--region", $"{peers["nbdkit"].Uri}@0",
            "--region", $"{peers["qemu"].Uri}@0", "--chunk", "1MiB", "--json");

        // All data that dmio has read and that is not in flight is written. The kill happens after that.
        await write.FeedAsync(data.AsMemory(0, DiskBytes / 2));
        await peers[killed].KillAsync();
        await write.FeedAsync(data.AsMemory(DiskBytes / 2));
        write.EndFeed();
        var (exitCode, output, error) = await write.EndAsync();

        Assert.True(exitCode == 1, $"exit code {exitCode}: {output} {error}");
        var report = JsonDocument.Parse(output).RootElement;
        Assert.Equal($"0x{1 << index:x}", report.GetProperty("errors").GetString());
        var regions = report.GetProperty("regions").EnumerateArray().ToArray();
        Assert.InRange(
            regions[index].GetProperty("bytes").GetInt64(), (DiskBytes / 2) - MostInFlightBytes, DiskBytes - 1);
        Assert.NotEqual("", regions[index].GetProperty("message").GetString());
        Assert.All(regions.Where((_, other) => other != index), region =>
            Assert.Equal(DiskBytes, region.GetProperty("bytes").GetInt64()));
        await AssertTheOthersHoldAsync(data, killed);
    }

    [PeerTheory("nbdkit", "qemu-nbd", "nbdcopy", "nbdsh")]
    [InlineData("nbdkit", "nbdkit,own,qemu")]
    [InlineData("qemu", "own,nbdkit,qemu")]
    public async Task A_served_volume_continues_without_it_and_reads_the_written_data(string killed, string order)
    {
        await StartPeersAsync();
        var places = order.Split(',').Select(name => name == "own" ? FilePath : peers[name].Uri.ToString()).ToArray();
        var (socket, sign) = (directory.PathOf("socket"), directory.PathOf("killed"));
        var created = await Command.RunAsync(
            ["volume", "create", "disk", "--size", "16MiB", "--allow-unfenced",
            .. places.SelectMany(place => (string[])["--leg", place])]);
        Assert.True(created.ExitCode == 0, created.ToString());
        using var server = DmioProcess.StartCommand(
            "serve", "--export", $"disk=vol:{string.Join(',', places)}", "--unix", socket, "--json");
        Assert.NotNull(await server.ReadLineAsync());
        using var writer = DmioProcess.StartOther("nbdsh", "-u", $"nbd+unix:///disk?socket={socket}", "-c", $$"""
            import os
            def fill(block, byte):
                h.pwrite(bytes([byte]) * 65536, block * 65536)
            block = 0
            while not os.path.exists("{{sign}}"):
                fill(block % {{VolumeBytes >> 16}}, 255)
                block += 1
                if block == 100: print("going", flush=True)
            for block in range({{VolumeBytes >> 16}}):
                fill(block, block % 251)
            for block in range({{VolumeBytes >> 16}}):
                assert h.pread(65536, block * 65536) == bytes([block % 251]) * 65536, block
            h.flush()
            print("whole", flush=True)
            """);
        Assert.Equal("going", await writer.ReadLineAsync());

        await peers[killed].KillAsync();
        directory.Write("killed", "");

        var printed = await writer.ReadLineAsync();
        Assert.True(printed == "whole", (await writer.EndUnreadAsync()).ToString());
        await server.SignalAsync("TERM");
        var (exitCode, error) = await server.EndUnreadAsync();
        Assert.Equal(0, exitCode);
        Assert.Contains($"'{peers[killed].Uri}' Absent", error);
        var expected = Enumerable.Range(0, VolumeBytes).Select(at => (byte)((at >> 16) % 251)).ToArray();
        await AssertTheOthersHoldAsync(expected, killed, start: 1 << 20);
    }

    private async Task StartPeersAsync()
    {
        foreach (var name in (string[])["own.img", "qemu.img"])
        {
            using var file = File.OpenHandle(directory.PathOf(name), FileMode.CreateNew, FileAccess.Write);
            RandomAccess.SetLength(file, DiskBytes);
        }

        peers["nbdkit"] = await NbdPeer.NbdkitAsync("memory", $"{DiskBytes}");
        peers["qemu"] = await NbdPeer.QemuNbdAsync(directory.PathOf("qemu.img"));
    }

    private async Task AssertTheOthersHoldAsync(byte[] expected, string killed, int start = 0)
    {
        var survivor = peers.Single(peer => peer.Key != killed).Value;
        var copy = await DmioProcess.RunAsync(directory, $"nbdcopy '{survivor.Uri}' copy");
        Assert.True(copy.ExitCode == 0, copy.ToString());
        foreach (var name in (string[])["copy", "own.img"])
        {
            var found = directory.Read(name).AsSpan(start, expected.Length);
            Assert.True(expected.AsSpan().SequenceEqual(found), $"{name} misses data.");
        }
    }
}

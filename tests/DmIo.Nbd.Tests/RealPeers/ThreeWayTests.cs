using System.Security.Cryptography;
using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Nbd.Client;
using Xunit;
using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>Writes the same data to a file, nbdkit and qemu-nbd with one service: the purpose of dm-io.</summary>
public sealed class ThreeWayTests : IAsyncLifetime
{
    private const int ChunkBytes = 64 * 1024;
    private const int Chunks = 64;
    private const int DiskBytes = ChunkBytes * Chunks;

    private readonly TemporaryDirectory home = new();
    private readonly byte[] data = Bytes.Random(DiskBytes, seed: 12);
    private readonly ActorSystem system = ActorSystem.Create("three", ConfigurationFactory.ParseString("""
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          log-dead-letters = off
        }
        """));

    private NbdPeer? nbdkit;
    private NbdPeer? qemu;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await system.Terminate().InTime();
        foreach (var peer in (NbdPeer?[])[nbdkit, qemu])
        {
            if (peer is not null)
            {
                await peer.DisposeAsync();
            }
        }

        home.Dispose();
    }

    [PeerFact("nbdkit", "qemu-nbd", "nbdcopy")]
    public async Task All_three_copies_are_equal()
    {
        await using var client = await StartAsync();

        var results = await WriteAsync(client, 0, Chunks);

        Assert.All(results, result => Assert.True(result.IsOk, result.ToString()));
        await AssertHoldsAsync(nbdkit!, data);
        await AssertHoldsAsync(qemu!, data);
        await AssertFileHoldsAsync(data);
    }

    [PeerTheory("nbdkit", "qemu-nbd", "nbdcopy")]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_killed_server_has_its_error_bit_set_and_the_others_hold_all_data(int killed)
    {
        await using var client = await StartAsync();
        var before = await WriteAsync(client, 0, Chunks / 2);
        var victim = killed == 1 ? nbdkit! : qemu!;
        var survivor = killed == 1 ? qemu! : nbdkit!;
        await victim.Process.StopAsync();
        var during = Enumerable.Range(Chunks / 2, 8).Select(chunk => WriteAsync(client, chunk)).ToArray();
        Assert.DoesNotContain(during, write => write.IsCompleted && write.Result.IsOk);

        await victim.KillAsync();
        var after = await WriteAsync(client, (Chunks / 2) + 8, Chunks);

        Assert.All(before, result => Assert.True(result.IsOk, result.ToString()));
        foreach (var result in (IoResult[])[.. await Task.WhenAll(during).InTime(), .. after])
        {
            Assert.Equal(1UL << killed, result.Errors.Value);
            Assert.False(string.IsNullOrEmpty(result[killed].Failure?.Message));
        }

        await AssertHoldsAsync(survivor, data);
        await AssertFileHoldsAsync(data);
    }

    private async Task<IoClient> StartAsync()
    {
        nbdkit = await NbdPeer.NbdkitAsync("memory", $"{DiskBytes}");
        qemu = await NbdPeer.QemuNbdAsync(home.SparseFile("qemu.img", DiskBytes));
        var service = DmIoService.For(system);
        var file = FileDevice.Open(new FileDeviceOptions { Path = home.SparseFile("own.img", DiskBytes) });
        await service.AttachAsync("file", file).InTime();
        foreach (var (name, peer) in ((string, NbdPeer)[])[("nbdkit", nbdkit), ("qemu", qemu)])
        {
            var device = await NbdDevice.OpenAsync(new NbdDeviceOptions { Uri = peer.Uri }).InTime();
            await service.AttachAsync(name, device).InTime();
        }

        return await service.OpenAsync(pages: 1024).InTime();
    }

    private async Task<IoResult[]> WriteAsync(IoClient client, int from, int to) =>
        await Task.WhenAll(Enumerable.Range(from, to - from).Select(chunk => WriteAsync(client, chunk))).InTime();

    private Task<IoResult> WriteAsync(IoClient client, int chunk)
    {
        var at = chunk * ChunkBytes / Sector.SizeBytes;
        var regions = ((string[])["file", "nbdkit", "qemu"])
            .Select(device => new IoRegion(device, at, ChunkBytes / Sector.SizeBytes));
        return client.WriteAsync([.. regions], data.AsMemory(chunk * ChunkBytes, ChunkBytes));
    }

    private async Task AssertHoldsAsync(NbdPeer peer, byte[] expected)
    {
        var path = home.FilePath(Guid.NewGuid().ToString("n"));
        await RunAsync("nbdcopy", peer.Uri.ToString(), path);
        Assert.Equal(Hash(expected), Hash(await File.ReadAllBytesAsync(path)));
    }

    private async Task AssertFileHoldsAsync(byte[] expected)
    {
        await DmIoService.For(system).DetachAsync("file").InTime();
        Assert.Equal(Hash(expected), Hash(await File.ReadAllBytesAsync(home.FilePath("own.img"))));
    }

    private static string Hash(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes));
}

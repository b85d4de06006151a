using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Tests.Peers;
using Xunit;

namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>
/// A service with devices and our server of it, for other programs: on a unix socket and on a loopback port at once.
/// When it ends, every page has to be back in the pool.
/// </summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    internal const int DiskBytes = 32 << 20;

    private const string Quiet = """
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          log-dead-letters = off
        }
        """;

    private readonly ActorSystem system;

    private LoopbackServer(ActorSystem system, TemporaryDirectory home, NbdServer server)
    {
        this.system = system;
        Home = home;
        Server = server;
    }

    /// <summary>For the test's own files; deleted at the end.</summary>
    internal TemporaryDirectory Home { get; }

    internal NbdServer Server { get; }

    internal DmIoService Service => DmIoService.For(system);

    internal static async Task<LoopbackServer> StartAsync(
        NbdServerLimits? limits = null, NbdTlsOptions? tls = null)
    {
        var actors = ActorSystem.Create("peers", ConfigurationFactory.ParseString(Quiet));
        var home = new TemporaryDirectory();
        var server = await NbdServer.StartAsync(actors, new NbdServerOptions
        {
            EndPoints =
            [
                new UnixDomainSocketEndPoint(home.FilePath("nbd.sock")), new IPEndPoint(IPAddress.Loopback, 0),
            ],
            Limits = limits ?? new NbdServerLimits(),
            Tls = tls,
        });
        return new LoopbackServer(actors, home, server);
    }

    /// <summary>With one export, <c>disk</c>, of <see cref="DiskBytes"/> of memory.</summary>
    internal static async Task<LoopbackServer> WithDiskAsync(NbdServerLimits? limits = null)
    {
        var served = await StartAsync(limits);
        await served.AddAsync("disk", new MemoryDevice(DiskBytes / Sector.SizeBytes));
        return served;
    }

    /// <summary>With one export, <c>disk</c>, of a sparse file of <see cref="DiskBytes"/>.</summary>
    internal static async Task<(LoopbackServer Served, string Path)> WithFileAsync()
    {
        var served = await StartAsync();
        var path = served.Home.SparseFile("disk.img", DiskBytes);
        await served.AddAsync("disk", FileDevice.Open(new FileDeviceOptions { Path = path }));
        return (served, path);
    }

    internal Task<NbdExportStatus> AddAsync(string name, IBlockDevice device) =>
        AddAsync(new NbdExport { Name = name, Devices = [name] }, device);

    /// <summary>Attaches the device under the one name that the export says, and serves it.</summary>
    internal async Task<NbdExportStatus> AddAsync(NbdExport export, IBlockDevice device)
    {
        await Service.AttachAsync(Assert.Single(export.Devices), device).InTime();
        return await Server.AddExportAsync(export).InTime();
    }

    /// <summary>Takes the export and its device away: what it holds is all there is now, and its file is
    /// free.</summary>
    internal async Task TakeAwayAsync(string name = "disk")
    {
        await Server.RemoveExportAsync(name).InTime();
        await Service.DetachAsync(name).InTime();
    }

    internal string Uri(bool tcp = false, string export = "disk") =>
        Server.UrisOf(export)[tcp ? 1 : 0].ToString();

    /// <summary>Seeded data with a long hole in the middle, in a file.</summary>
    internal string Sample(string name, int seed, int length = DiskBytes)
    {
        var path = Home.SparseFile(name, length);
        using var file = File.OpenHandle(path, access: FileAccess.Write);
        var data = new byte[length / 4];
        var random = new Random(seed);
        foreach (var offset in (int[])[0, length - data.Length])
        {
            random.NextBytes(data);
            RandomAccess.Write(file, data, offset);
        }

        return path;
    }

    internal static async Task<string> ChecksumAsync(string path)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexString(await SHA256.HashDataAsync(file));
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Server.DisposeAsync().InTime();
            var pool = await Service.GetPoolStatusAsync().InTime();
            Assert.Equal(0, pool.Leases);
        }
        finally
        {
            await system.Terminate().InTime();
            Home.Dispose();
        }
    }
}

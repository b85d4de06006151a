using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Nbd.Server;
using Xunit;

namespace DmIo.Nbd.Tests;

/// <summary>A service with devices and an NBD server for one test, on a unix socket and a loopback port. At the end,
/// all pages must be back in the pool.</summary>
internal sealed class ServedDisks : IAsyncDisposable
{
    /// <summary>The default size of a disk.</summary>
    internal const int SizeBytes = 64 << 20;

    private const string Quiet = """
        akka {
          stdout-loglevel = OFF
          log-dead-letters = off
        }
        """;

    private ServedDisks(ActorSystem system, TemporaryDirectory home, NbdServer server)
    {
        System = system;
        Home = home;
        Server = server;
    }

    internal ActorSystem System { get; }

    /// <summary>For the files of the test; deleted at the end.</summary>
    internal TemporaryDirectory Home { get; }

    internal NbdServer Server { get; }

    /// <summary>The path of the unix socket.</summary>
    internal string SocketPath => PathIn(Home);

    internal DmIoService Service => DmIoService.For(System);

    internal static async Task<ServedDisks> StartAsync(
        NbdServerLimits? limits = null,
        TimeProvider? time = null,
        NbdTlsOptions? tls = null,
        string logLevel = "OFF")
    {
        var config = ConfigurationFactory.ParseString($"akka.loglevel = {logLevel}")
            .WithFallback(ConfigurationFactory.ParseString(Quiet));
        var system = ActorSystem.Create("test", config);
        var home = new TemporaryDirectory();
        var server = await NbdServer.StartAsync(system, new NbdServerOptions
        {
            EndPoints = [new UnixDomainSocketEndPoint(PathIn(home)), new IPEndPoint(IPAddress.Loopback, 0)],
            Limits = limits ?? new NbdServerLimits(),
            Time = time ?? TimeProvider.System,
            Tls = tls,
        });
        return new ServedDisks(system, home, server);
    }

    /// <summary>Serves an export named <c>disk</c> from memory.</summary>
    internal static async Task<ServedDisks> WithDiskAsync(
        NbdServerLimits? limits = null, TimeProvider? time = null, NbdTlsOptions? tls = null)
    {
        var served = await StartAsync(limits, time, tls);
        await served.AddAsync("disk", NewMemory());
        return served;
    }

    /// <summary>Serves an export named <c>disk</c> from a sparse file.</summary>
    internal static async Task<(ServedDisks Served, string Path)> WithFileAsync()
    {
        var served = await StartAsync();
        var path = served.Home.SparseFile("disk.img", SizeBytes);
        await served.AddAsync("disk", FileDevice.Open(new FileDeviceOptions { Path = path }));
        return (served, path);
    }

    internal static MemoryDevice NewMemory() => new(ByteSize.FromBytes(SizeBytes));

    /// <summary>Attaches the device as <c>disk-0</c>, and serves it.</summary>
    internal Task<NbdExportStatus> AddAsync(string export, IBlockDevice device) =>
        AddAsync(new NbdExport { Name = export, Device = $"{export}-0" }, device);

    /// <summary>Attaches the device with the name in the export.</summary>
    internal async Task<NbdExportStatus> AddAsync(NbdExport export, IBlockDevice device)
    {
        await Service.AttachAsync(export.Device, device).InTime();
        return await Server.AddExportAsync(export).InTime();
    }

    /// <summary>Removes the export and detaches its device, so that its content is final and its file is
    /// closed.</summary>
    internal async Task RemoveAsync(string name = "disk")
    {
        var status = await Server.GetStatusAsync().InTime();
        await Server.RemoveExportAsync(name).InTime();
        await Service.DetachAsync(status.Exports.Single(export => export.Export.Name == name).Export.Device).InTime();
    }

    internal string Uri(bool tcp = false, string export = "disk") => Server.UrisOf(export)[tcp ? 1 : 0].ToString();

    internal Task<RawClient> UseAsync(string export = "disk", bool structured = false) =>
        RawClient.UseAsync(SocketPath, export, structured);

    /// <summary>The server's status once the condition holds. Each attempt is a round trip, so no delay is
    /// needed.</summary>
    internal async Task<NbdServerStatus> StatusWhenAsync(Func<NbdServerStatus, bool> isReached)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (true)
        {
            var status = await Server.GetStatusAsync().InTime();
            if (isReached(status))
            {
                return status;
            }

            Assert.False(
                limit.IsCancellationRequested,
                $"{string.Join(", ", status.Exports)}; {string.Join(", ", status.Connections)}");
        }
    }

    /// <summary>After all clients have disconnected, the server releases their resources as soon as it is
    /// notified.</summary>
    internal Task AssertNothingHeldAsync() => StatusWhenAsync(status =>
        status.Connections.Count == 0
        && status.Exports.All(export => export is { Connections: 0, PagesInUse: 0 }));

    /// <summary>A file of seeded random data with a long hole in the middle.</summary>
    internal string Sample(string name, int seed, int length = SizeBytes)
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
            if (!System.WhenTerminated.IsCompleted)
            {
                await AssertLeasesPutAsync().InTime();
            }
        }
        finally
        {
            await System.Terminate().InTime();
            Home.Dispose();
        }
    }

    private static string PathIn(TemporaryDirectory home) => home.FilePath("nbd.sock");

    /// <summary>A client that was just disposed returns its lease a moment later.</summary>
    private async Task AssertLeasesPutAsync()
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while ((await Service.GetPoolStatusAsync().InTime()).Leases > 0)
        {
            Assert.False(limit.IsCancellationRequested, "A lease was not put.");
        }
    }
}

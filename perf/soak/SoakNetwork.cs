using System.Diagnostics;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Nbd.Server;

namespace DmIo.Soak;

/// <summary>
/// Network disks under load, on a separate service: one in memory, and one whose file is read by threads, so that
/// replies are reordered. Each has little memory for its clients.
/// </summary>
internal sealed class SoakNetwork : IAsyncDisposable
{
    private const int FewPages = 256;

    private readonly ActorSystem system;
    private readonly DirectoryInfo home;
    private readonly NbdServer server;
    private readonly List<SoakNetworkClient> clients;

    private SoakNetwork(ActorSystem system, DirectoryInfo home, NbdServer server, List<SoakNetworkClient> clients)
    {
        this.system = system;
        this.home = home;
        this.server = server;
        this.clients = clients;
    }

    /// <summary>The maximum number of threads of its file.</summary>
    internal static int MostThreads => ThreadEngine.MaxThreads;

    internal long Requests => clients.Sum(client => client.Requests);

    internal long HangUps => clients.Sum(client => client.HangUps);

    internal static async Task<SoakNetwork> StartAsync(SoakSettings settings, string hocon)
    {
        var actors = ActorSystem.Create("soak-network", ConfigurationFactory.ParseString(hocon));
        var directory = Directory.CreateTempSubdirectory("dmio-soak-");
        var socket = Path.Combine(directory.FullName, "nbd.sock");
        var service = DmIoService.For(actors);
        var size = Math.Max(1, settings.Clients) * SoakNetworkClient.RegionBytes / 512;
        await service.AttachAsync("memory", new MemoryDevice(ByteSize.FromSectors(size)));
        await service.AttachAsync("file", FileDevice.Open(new FileDeviceOptions
        {
            Path = Path.Combine(directory.FullName, "file.img"),
            CreateSize = ByteSize.FromSectors(size),
            Mode = ServiceMode.Threads,
        }));
        var nbd = await NbdServer.StartAsync(
            actors, new NbdServerOptions { EndPoints = [new UnixDomainSocketEndPoint(socket)] });
        string[] exports = ["memory", "file"];
        foreach (var export in exports)
        {
            await nbd.AddExportAsync(new NbdExport { Name = export, Device = export, Pages = FewPages });
        }

        return new SoakNetwork(actors, directory, nbd, [.. Enumerable.Range(0, settings.Clients).Select(index =>
            new SoakNetworkClient(socket, exports[index % exports.Length], index, settings.Seed + index))]);
    }

    /// <summary>Runs until it is canceled and the last replies have arrived.</summary>
    internal Task RunAsync(CancellationToken end) =>
        Task.WhenAll(clients.Select(client => Task.Run(() => client.RunAsync(end))));

    /// <summary>All clients have disconnected: waits until the server holds nothing for them.</summary>
    internal async Task<bool> BecomesIdleAsync(TimeSpan patience)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < patience;)
        {
            var status = await server.GetStatusAsync();
            if (status.Connections.Count == 0 && status.Exports.All(export => export.PagesInUse == 0))
            {
                return true;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        return false;
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await system.Terminate();
        home.Delete(recursive: true);
    }
}

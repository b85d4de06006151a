using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors;
using DmIo.Devices;
using Xunit;
using IoPath = System.IO.Path;

namespace DmIo.Nbd.Tests.Server;

/// <summary>A service with devices, and a server of it on a unix socket, for one test. Ends with the test.</summary>
internal sealed class ServedDisks : IAsyncDisposable
{
    internal const long SizeBytes = 64 << 20;

    private const string Quiet = """
        akka {
          stdout-loglevel = OFF
          log-dead-letters = off
        }
        """;

    private ServedDisks(ActorSystem system, NbdServer server, string path)
    {
        System = system;
        Server = server;
        Path = path;
    }

    internal ActorSystem System { get; }

    internal NbdServer Server { get; }

    internal string Path { get; }

    internal DmIoService Service => DmIoService.For(System);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync().InTime();
        await System.Terminate().InTime();
    }

    internal static async Task<ServedDisks> StartAsync(
        NbdServerLimits? limits = null,
        TimeProvider? time = null,
        NbdTlsOptions? tls = null,
        string logLevel = "OFF")
    {
        var config = ConfigurationFactory.ParseString($"akka.loglevel = {logLevel}")
            .WithFallback(ConfigurationFactory.ParseString(Quiet));
        var system = ActorSystem.Create("test", config);
        var path = IoPath.Combine(IoPath.GetTempPath(), $"dmio-{Guid.NewGuid():n}.sock");
        var server = await NbdServer.StartAsync(system, new NbdServerOptions
        {
            EndPoints = [new UnixDomainSocketEndPoint(path)],
            Limits = limits ?? new NbdServerLimits(),
            Time = time ?? TimeProvider.System,
            Tls = tls,
        });
        return new ServedDisks(system, server, path);
    }

    /// <summary>A server of one export, "disk", of 64 MiB of memory.</summary>
    internal static async Task<ServedDisks> WithDiskAsync(NbdServerLimits? limits = null, TimeProvider? time = null)
    {
        var served = await StartAsync(limits, time);
        await served.AddAsync("disk", NewMemory());
        return served;
    }

    internal static MemoryDevice NewMemory() => new(SizeBytes / Io.Sector.SizeBytes);

    /// <summary>Attaches the devices, and serves them as one export.</summary>
    internal async Task AddAsync(string export, params IBlockDevice[] devices)
    {
        var names = new List<string>();
        foreach (var device in devices)
        {
            names.Add($"{export}-{names.Count}");
            await Service.AttachAsync(names[^1], device).InTime();
        }

        await Server.AddExportAsync(new NbdExport { Name = export, Devices = names }).InTime();
    }

    internal Task<RawClient> UseAsync(string export = "disk", bool structured = false) =>
        RawClient.UseAsync(Path, export, structured);

    /// <summary>The server's state as soon as it is as it should be. Each look is a round trip, so it needs no
    /// pause.</summary>
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
}

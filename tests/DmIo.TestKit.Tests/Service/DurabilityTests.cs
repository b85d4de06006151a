using System.Net.Sockets;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Nbd;
using DmIo.Nbd.Client;
using DmIo.Nbd.Server;
using DmIo.TestKit.Crashes;
using Xunit;

namespace DmIo.TestKit.Tests.Service;

/// <summary>
/// Data that the service reports as durable survives any crash: with shared flushes, with FUA of the device and
/// without, on several devices at once, and behind an export on the network.
/// </summary>
public sealed class DurabilityTests : IAsyncLifetime
{
    private const int Seed = 20261122;

    /// <summary>Long, so that a suspended machine does not look like a network failure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly string[] Names = ["left", "middle", "right"];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("dmio-kit-");
    private readonly RunningService running = new();
    private readonly WriteLog log = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await running.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(ServiceMode.Threads, true, 6)]
    [InlineData(ServiceMode.Threads, true, 1)]
    [InlineData(ServiceMode.Threads, false, 6)]
    [InlineData(ServiceMode.Inline, true, 6)]
    [InlineData(ServiceMode.Inline, false, 1)]
    public async Task Data_reported_as_durable_survives_any_crash(
        ServiceMode mode, bool hasDurableWrites, int writers)
    {
        foreach (var name in Names)
        {
            await running.Service.AttachAsync(name, log.Record(name, NewFile(name, mode, hasDurableWrites)));
        }

        await using var client = await running.Service.OpenAsync(pages: 64);
        await new DurableWriters(client, log, Seed, writers).RunAsync(Names);

        await CheckAsync(Names);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(1)]
    public async Task Data_reported_as_durable_by_an_export_survives(int writers)
    {
        var name = Names[0];
        await running.Service.AttachAsync(
            name, log.Record(name, NewFile(name, ServiceMode.Threads, hasDurableWrites: true)));
        var socket = Path.Combine(folder.FullName, "socket");
        var options = new NbdServerOptions
        {
            EndPoints = [new UnixDomainSocketEndPoint(socket)],
            Limits = new NbdServerLimits { Handshake = Patience, Send = Patience },
        };
        await using var server = await NbdServer.StartAsync(running.System, options);
        await server.AddExportAsync(new NbdExport { Name = "disk", Device = Names[0] });
        var remote = new NbdDeviceOptions
        {
            Uri = NbdUri.Parse($"nbd+unix:///disk?socket={socket}"),
            ConnectTimeout = Patience,
            RequestTimeout = TimeSpan.Zero,
        };
        await running.Service.AttachAsync("remote", await NbdDevice.OpenAsync(remote));

        await using var client = await running.Service.OpenAsync(pages: 64);
        await new DurableWriters(client, log, Seed, writers).RunAsync("remote");

        await CheckAsync([name]);
        await running.Service.DetachAsync("remote");
    }

    private LimitedDevice NewFile(string name, ServiceMode mode, bool hasDurableWrites)
    {
        var options = new FileDeviceOptions
        {
            Path = Path.Combine(folder.FullName, name),
            CreateSize = ByteSize.FromSectors(DurableWriters.Capacity),
            Mode = mode,
        };
        return new LimitedDevice(
            FileDevice.Open(options), description => description with { HasForceUnitAccess = hasDurableWrites });
    }

    private async Task CheckAsync(string[] devices)
    {
        var replayer = new WriteLogReplayer(log);
        for (var point = 0; point <= log.Length; point++)
        {
            await DurableWriters.CheckAsync(replayer.WorstCrashAt(point), devices);
        }

        var search = new CrashSearchOptions { Seed = Seed, Limit = 300 };
        var report = await replayer.CheckAsync(crash => DurableWriters.CheckAsync(crash, devices), search);
        Assert.True(report.IsOk, report.ToString());
    }
}

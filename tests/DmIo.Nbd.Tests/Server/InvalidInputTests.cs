using System.Net;
using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Protocol;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Nbd.Server;
using DmIo.Nbd.Tests.Peers;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

/// <summary>What whoever runs a server gives it by mistake: it is refused and named, and the server, with who uses it,
/// lives.</summary>
public sealed class InvalidInputTests
{
    [Theory]
    [InlineData(null, "", "name")]
    [InlineData("new", null, "description")]
    [InlineData("new\0", "", "name")]
    public async Task An_export_that_lacks_a_text_is_refused_and_the_server_lives(
        string? name, string? description, string named)
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var export = new NbdExport { Name = name!, Devices = ["disk"], Description = description! };

        var refusal = await Assert.ThrowsAsync<IoRefusedException>(
            () => served.Server.AddExportAsync(export).InTime());

        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
        Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports);
    }

    [Fact]
    public async Task An_export_whose_name_is_half_a_character_is_refused_and_others_are_listed()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        foreach (var (name, description) in ((string, string)[])[("new\ud800", ""), ("new", "\udc00")])
        {
            await Assert.ThrowsAsync<IoRefusedException>(() => served.Server.AddExportAsync(
                new NbdExport { Name = name, Devices = ["disk"], Description = description }).InTime());
        }

        Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports);
    }

    [Fact]
    public async Task An_export_without_devices_is_refused_and_the_server_lives()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        foreach (var devices in (string[]?[])[null, [], [null!]])
        {
            await Assert.ThrowsAsync<IoRefusedException>(() => served.Server.AddExportAsync(
                new NbdExport { Name = "new", Devices = devices! }).InTime());
        }

        Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports);
    }

    [Fact]
    public async Task R14_a_device_that_is_read_after_a_failure_is_no_copy_of_an_export_and_may_be_exported_alone()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        await served.Service.AttachAsync("rescued", new LimitedDevice(
            new MemoryDevice(ByteSize.FromMiB(1)),
            description => description with { ReadsAfterFailure = true })).InTime();

        var refusal = await Assert.ThrowsAsync<IoRefusedException>(() => served.Server.AddExportAsync(
            new NbdExport { Name = "copies", Devices = ["disk-0", "rescued"] }).InTime());

        Assert.Contains("'rescued'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("read-after-failure", refusal.Message, StringComparison.Ordinal);
        await served.Server.AddExportAsync(new NbdExport { Name = "alone", Devices = ["rescued"] }).InTime();
    }

    [Fact]
    public async Task A_server_without_an_address_is_refused()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        foreach (var places in (EndPoint[]?[])[null, [], [null!]])
        {
            await Assert.ThrowsAsync<IoRefusedException>(() => NbdServer.StartAsync(
                served.System, new NbdServerOptions { EndPoints = places! }).InTime());
        }
    }

    [Theory]
    [InlineData(0, 1, 1, "connections")]
    [InlineData(1, 0, 1, "requests")]
    [InlineData(1, 1, 0, "options")]
    public async Task A_limit_under_which_nobody_could_be_served_is_refused(
        int connections, int requests, int optionBytes, string named)
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var limits = new NbdServerLimits
        {
            Connections = connections, RequestsInFlight = requests, OptionSize = ByteSize.FromBytes(optionBytes),
        };

        var refusal = await Assert.ThrowsAsync<IoRefusedException>(() => StartAsync(served, limits));

        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_limit_that_is_over_at_once_or_longer_than_timers_are_is_refused()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        NbdServerLimits[] all =
        [
            new() { Handshake = TimeSpan.Zero }, new() { Idle = TimeSpan.FromSeconds(-1) },
            new() { Send = TimeSpan.Zero }, new() { Receive = TimeSpan.Zero },
            new() { Drain = TimeSpan.FromSeconds(-1) }, new() { Drain = TimeSpan.FromDays(60) },
            new() { Handshake = TimeSpan.MaxValue }, new() { Receive = TimeSpan.MaxValue },
        ];
        foreach (var limits in all)
        {
            await Assert.ThrowsAsync<IoRefusedException>(() => StartAsync(served, limits));
        }
    }

    [Fact]
    public async Task A_server_whose_service_cannot_start_does_not_start_either()
    {
        using var system = ActorSystem.Create("bad", ConfigurationFactory.ParseString(
            "akka.loglevel = OFF\nakka.stdout-loglevel = OFF\ndmio.pool.max-pages = none\n"));
        var options = new NbdServerOptions { EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)] };

        var fault = await Assert.ThrowsAsync<ConfigurationException>(
            () => NbdServer.StartAsync(system, options).InTime());

        Assert.Contains("dmio.pool.max-pages", fault.Message, StringComparison.Ordinal);
        await system.Terminate().InTime();
    }

    private static Task<NbdServer> StartAsync(ServedDisks served, NbdServerLimits limits) => NbdServer.StartAsync(
        served.System, new NbdServerOptions { EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Limits = limits })
        .InTime();
}

using System.Net;
using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.Nbd.Server;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

/// <summary>Invalid settings of a server and its exports are refused and named, and do not affect the server or its
/// clients.</summary>
public sealed class InvalidInputTests
{
    [Theory]
    [InlineData(null, "", "name")]
    [InlineData("new", null, "description")]
    [InlineData("new\0", "", "name")]
    public async Task An_export_without_a_name_is_refused_and_the_server_continues(
        string? name, string? description, string named)
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var export = new NbdExport { Name = name!, Device = "disk", Description = description! };

        var refusal = await Assert.ThrowsAsync<IoRefusedException>(
            () => served.Server.AddExportAsync(export).InTime());

        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
        Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports);
    }

    [Fact]
    public async Task An_export_name_with_an_unpaired_surrogate_is_refused_and_others_are_listed()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        foreach (var (name, description) in ((string, string)[])[("new\ud800", ""), ("new", "\udc00")])
        {
            await Assert.ThrowsAsync<IoRefusedException>(() => served.Server.AddExportAsync(
                new NbdExport { Name = name, Device = "disk", Description = description }).InTime());
        }

        Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports);
    }

    [Fact]
    public async Task An_export_without_a_device_is_refused_and_the_server_continues()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        foreach (var device in (string?[])[null, "", "nowhere"])
        {
            await Assert.ThrowsAsync<IoRefusedException>(() => served.Server.AddExportAsync(
                new NbdExport { Name = "new", Device = device! }).InTime());
        }

        Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports);
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
    [InlineData(0, 1, 1, "connection limit")]
    [InlineData(1, 0, 1, "requests")]
    [InlineData(1, 1, 0, "option size")]
    public async Task A_limit_of_zero_is_refused(
        int connections, int requests, int optionBytes, string named)
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var limits = new NbdServerLimits
        {
            Connections = connections,
            RequestsInFlight = requests,
            OptionSize = ByteSize.FromBytes(optionBytes),
        };

        var refusal = await Assert.ThrowsAsync<IoRefusedException>(() => StartAsync(served, limits));

        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_limit_out_of_range_is_refused()
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
    public async Task A_server_whose_service_cannot_start_does_not_start()
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

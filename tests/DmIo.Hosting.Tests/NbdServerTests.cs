using System.Net;
using System.Net.Sockets;
using Akka.TestKit.Xunit2;
using DmIo.Actors;
using DmIo.Devices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace DmIo.Nbd.Tests.Hosting;

/// <summary>A server that lives as long as a generic host.</summary>
public sealed class HostedServerTests : TestKit
{
    private static readonly NbdServerOptions AnyPort = new() { EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)] };

    private static readonly NbdExport Disk = new() { Name = "disk", Devices = ["disk"] };

    [Fact]
    public async Task It_serves_its_exports_when_the_host_has_started()
    {
        using var host = await StartAsync(services => services.AddNbdServer(AnyPort, Disk));

        var status = await ServerOf(host).GetStatusAsync();

        Assert.Equal(("disk", 1048576), (Assert.Single(status.Exports).Export.Name, status.Exports[0].SizeBytes));
        using var client = await ConnectAsync(host);
        await host.StopAsync();
    }

    [Fact]
    public async Task Nobody_listens_when_the_host_has_stopped()
    {
        using var host = await StartAsync(services => services.AddNbdServer(AnyPort, Disk));

        await host.StopAsync();

        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(host));
    }

    [Fact]
    public async Task Exports_come_and_go_while_the_host_runs()
    {
        using var host = await StartAsync(services => services.AddNbdServer(AnyPort));

        await ServerOf(host).AddExportAsync(Disk);
        Assert.Single((await ServerOf(host).GetStatusAsync()).Exports);
        await ServerOf(host).RemoveExportAsync("disk");

        Assert.Empty((await ServerOf(host).GetStatusAsync()).Exports);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_host_may_have_several_servers()
    {
        using var host = await StartAsync(
            services => services.AddNbdServer(AnyPort, Disk).AddNbdServer(AnyPort, Disk with { Name = "other" }));

        var names = new List<string>();
        foreach (var one in host.Services.GetServices<NbdServerHost>())
        {
            names.Add((await one.Server.GetStatusAsync()).Exports[0].Export.Name);
        }

        Assert.Equal(["disk", "other"], names);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_device_that_is_not_there_keeps_the_host_from_starting()
    {
        var refused = await Assert.ThrowsAsync<IoRefusedException>(
            () => StartAsync(services => services.AddNbdServer(AnyPort, Disk with { Devices = ["none"] })));

        Assert.Contains("none", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Before_the_start_there_is_no_server()
    {
        using var host = Build(services => services.AddNbdServer(AnyPort, Disk));

        Assert.Throws<InvalidOperationException>(() => ServerOf(host));
    }

    private static NbdServer ServerOf(IHost host) => host.Services.GetRequiredService<NbdServerHost>().Server;

    private static async Task<Socket> ConnectAsync(IHost host)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(ServerOf(host).EndPoints[0]);
        return socket;
    }

    private async Task<IHost> StartAsync(Action<IServiceCollection> configure)
    {
        await DmIoService.For(Sys).AttachAsync("disk", new MemoryDevice(capacity: 2048));
        var host = Build(configure);
        await host.StartAsync();
        return host;
    }

    private IHost Build(Action<IServiceCollection> configure)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(Sys);
        configure(builder.Services);
        return builder.Build();
    }
}

using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Akka;
using Akka.Actor;
using DmIo.Actors.Protocol;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server;
using Xunit;
using static DmIo.Nbd.Server.NbdServerEvents;

namespace DmIo.Nbd.Tests.Server;

/// <summary>A server and its exports, from the application's side.</summary>
public sealed class ServerTests
{
    [Fact]
    public async Task Exports_are_added_and_removed_while_the_server_runs()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var events = new EventProbe(served.System, typeof(NbdServerEvent));
        await served.AddAsync("second", ServedDisks.NewMemory());
        using (var client = await served.UseAsync("second"))
        {
            Assert.IsType<ExportAdded>(await events.NextAsync());
            Assert.IsType<ClientConnected>(await events.NextAsync());
            await served.Server.RemoveExportAsync("second").InTime();
            await client.ExpectEndAsync();
        }

        Assert.IsType<ClientDisconnected>(await events.NextAsync());
        Assert.IsType<ExportRemoved>(await events.NextAsync());
        Assert.Equal("disk", Assert.Single((await served.Server.GetStatusAsync().InTime()).Exports).Export.Name);
        Assert.Equal(1, (await served.Service.GetPoolStatusAsync().InTime()).Leases);
    }

    [Fact]
    public async Task Requests_in_flight_are_answered_when_an_export_is_removed()
    {
        await using var served = await ServedDisks.StartAsync();
        var device = new HungDevice(ServedDisks.NewMemory(), OperationFilter.On(IoOperation.Write));
        await served.AddAsync("disk", device);
        using var client = await served.UseAsync();
        await client.RequestAsync(NbdCommand.Write, 0, 512, payload: new byte[512]);
        await device.WhenHungAsync(1).InTime();

        var removed = served.Server.RemoveExportAsync("disk");
        await served.StatusWhenAsync(status => status.Exports.Count == 0);
        device.Release();

        Assert.Equal(NbdError.None, (await client.SimpleReplyAsync()).Error);
        await client.ExpectEndAsync();
        await removed.InTime();
    }

    [Fact]
    public async Task The_server_ends_after_the_requests_in_flight()
    {
        await using var served = await ServedDisks.StartAsync();
        var device = new HungDevice(ServedDisks.NewMemory(), OperationFilter.On(IoOperation.Write));
        await served.AddAsync("disk", device);
        using var client = await served.UseAsync();
        await client.RequestAsync(NbdCommand.Write, 0, 512, payload: new byte[512]);
        await device.WhenHungAsync(1).InTime();

        var ended = served.Server.DisposeAsync().AsTask();
        Assert.False(ended.IsCompleted);
        device.Release();

        Assert.Equal(NbdError.None, (await client.SimpleReplyAsync()).Error);
        await ended.InTime();
        Assert.False(File.Exists(served.SocketPath));
        Assert.Equal(0, (await served.Service.GetPoolStatusAsync().InTime()).Leases);
    }

    [Fact]
    public async Task A_hung_device_does_not_delay_the_end_forever()
    {
        await using var served = await ServedDisks.StartAsync(
            new NbdServerLimits { Drain = TimeSpan.FromMilliseconds(50) });
        var device = new HungDevice(ServedDisks.NewMemory(), OperationFilter.On(IoOperation.Write));
        await served.AddAsync("disk", device);
        using var client = await served.UseAsync();
        await client.RequestAsync(NbdCommand.Write, 0, 512, payload: new byte[512]);
        await device.WhenHungAsync(1).InTime();

        await served.Server.DisposeAsync().InTime();

        await client.ExpectEndAsync();
        device.Release();
    }

    [Fact]
    public async Task An_export_of_a_missing_device_is_refused()
    {
        await using var served = await ServedDisks.StartAsync();

        var refused = await Assert.ThrowsAsync<IoRefusedException>(() => served.Server.AddExportAsync(
            new NbdExport { Name = "disk", Device = "nowhere" }).InTime());

        Assert.Contains("'nowhere'", refused.Message);
    }

    [Fact]
    public async Task An_export_name_is_unique()
    {
        await using var served = await ServedDisks.WithDiskAsync();

        await Assert.ThrowsAsync<IoRefusedException>(() => served.Server.AddExportAsync(
            new NbdExport { Name = "disk", Device = "disk-0" }).InTime());
    }

    [Fact]
    public async Task A_reachable_address_is_refused_without_tls()
    {
        await using var served = await ServedDisks.StartAsync();
        var options = new NbdServerOptions { EndPoints = [new IPEndPoint(IPAddress.Any, 0)] };

        await Assert.ThrowsAsync<IoRefusedException>(() => NbdServer.StartAsync(served.System, options));

        await using var insecure = await NbdServer.StartAsync(served.System, options with { AllowsInsecure = true });
        Assert.NotEqual(0, Assert.IsType<IPEndPoint>(Assert.Single(insecure.EndPoints)).Port);
    }

    [Fact]
    public async Task The_socket_of_a_dead_server_is_replaced_and_that_of_a_running_one_is_not()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var options = new NbdServerOptions { EndPoints = [new UnixDomainSocketEndPoint(served.SocketPath)] };

        var refused = await Assert.ThrowsAsync<IoRefusedException>(
            () => NbdServer.StartAsync(served.System, options));

        Assert.Contains("already", refused.Message);
        using var client = await served.UseAsync();
    }

    [UnsupportedOSPlatform("windows")]
    [Fact]
    public async Task The_unix_socket_is_accessible_to_its_user_only()
    {
        await using var served = await ServedDisks.StartAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(served.SocketPath));
    }

    [Fact]
    public async Task The_socket_of_a_successor_is_not_removed()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var first = await NbdServer.StartAsync(served.System, OptionsFor(served.Home.FilePath("next.sock")));
        File.Delete(served.Home.FilePath("next.sock"));
        await using var second = await NbdServer.StartAsync(
            served.System, OptionsFor(served.Home.FilePath("next.sock")));
        await second.AddExportAsync(new NbdExport { Name = "next", Device = "disk-0" }).InTime();

        await first.DisposeAsync().InTime();

        using var client = await RawClient.UseAsync(served.Home.FilePath("next.sock"), "next");
    }

    [Fact]
    public async Task The_server_returns_the_URIs_of_an_export()
    {
        await using var served = await ServedDisks.StartAsync();

        var port = Assert.Single(served.Server.EndPoints.OfType<IPEndPoint>()).Port;
        Assert.Equal(
            [NbdUri.Unix(served.SocketPath, "disk").ToString(), NbdUri.Tcp("127.0.0.1", port, "disk").ToString()],
            served.Server.UrisOf("disk").Select(uri => uri.ToString()));
    }

    [Fact]
    public async Task During_shutdown_requests_in_flight_are_answered_and_no_connection_is_accepted()
    {
        await using var served = await ServedDisks.StartAsync();
        var device = new HungDevice(ServedDisks.NewMemory(), OperationFilter.On(IoOperation.Write));
        await served.AddAsync("disk", device);
        using var client = await served.UseAsync();
        await client.RequestAsync(NbdCommand.Write, 0, 512, payload: new byte[512]);
        await device.WhenHungAsync(1).InTime();
        Exception? late = null;
        AddTask(served.System, CoordinatedShutdown.PhaseServiceRequestsDone, async () =>
        {
            late = await Record.ExceptionAsync(() => served.UseAsync());
            device.Release();
        });

        var ending = served.System.Terminate();

        Assert.Equal(NbdError.None, (await client.SimpleReplyAsync()).Error);
        await client.ExpectEndAsync();
        await ending.InTime();
        Assert.IsType<SocketException>(late);
    }

    [Fact]
    public async Task A_server_with_later_phases_serves_until_then()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var path = served.Home.FilePath("replicas.sock");
        var replicas = await NbdServer.StartAsync(served.System, new NbdServerOptions
        {
            EndPoints = [new UnixDomainSocketEndPoint(path)],
            UnbindPhase = CoordinatedShutdown.PhaseClusterExiting,
            StopPhase = CoordinatedShutdown.PhaseClusterExitingDone,
        });
        await replicas.AddExportAsync(new NbdExport { Name = "replica", Device = "disk-0" }).InTime();
        NbdError? error = null;
        AddTask(served.System, CoordinatedShutdown.PhaseClusterLeave, async () =>
        {
            using var client = await RawClient.UseAsync(path, "replica");
            await client.RequestAsync(NbdCommand.Write, 0, 512, payload: new byte[512]);
            error = (await client.SimpleReplyAsync()).Error;
        });

        await served.System.Terminate().InTime();

        Assert.Equal(NbdError.None, error);
        Assert.False(File.Exists(path));
    }

    [Theory]
    [InlineData("no-such-phase", CoordinatedShutdown.PhaseServiceStop, "UnbindPhase is 'no-such-phase'")]
    [InlineData(CoordinatedShutdown.PhaseServiceStop, "no-such-phase", "StopPhase is 'no-such-phase'")]
    public async Task An_unknown_phase_is_refused(string unbind, string stop, string named)
    {
        await using var served = await ServedDisks.StartAsync();
        var options = new NbdServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            UnbindPhase = unbind,
            StopPhase = stop,
        };

        var refused = await Assert.ThrowsAsync<IoRefusedException>(
            () => NbdServer.StartAsync(served.System, options));

        Assert.Contains(named, refused.Message);
    }

    [Fact]
    public async Task The_server_ends_with_the_system()
    {
        var served = await ServedDisks.WithDiskAsync();
        using var client = await served.UseAsync();

        await served.System.Terminate().InTime();

        await client.ExpectEndAsync();
        await Assert.ThrowsAsync<IoRefusedException>(() => served.Server.GetStatusAsync().InTime());
    }

    private static NbdServerOptions OptionsFor(string path) =>
        new() { EndPoints = [new UnixDomainSocketEndPoint(path)] };

    private static void AddTask(ActorSystem system, string phase, Func<Task> task) =>
        CoordinatedShutdown.Get(system).AddTask(phase, "test", async () =>
        {
            await task();
            return Done.Instance;
        });
}

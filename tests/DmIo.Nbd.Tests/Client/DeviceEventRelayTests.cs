using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Faults;
using Xunit;
using static DmIo.Nbd.Client.NbdDeviceEvents;

namespace DmIo.Nbd.Tests.Client;

/// <summary>The events of an attached device on the system's event stream.</summary>
public sealed class DeviceEventRelayTests : IAsyncLifetime
{
    private static readonly FakeExport Export = new() { IsStructured = true };

    private readonly ActorSystem system = ActorSystem.Create("test", ConfigurationFactory.ParseString("""
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        """));

    private readonly FakeServer server = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await system.Terminate().InTime();
        server.Dispose();
    }

    [Fact]
    public async Task A_lost_and_restored_connection_is_published_with_the_name_of_the_device()
    {
        var (device, peer) = await server.OpenAsync(Export);
        var news = new EventProbe(system, typeof(NbdDeviceEvent));
        await AttachAsync("remote", device);

        peer.Dispose();

        var lost = Assert.IsType<ConnectionLost>(await news.NextAsync());
        Assert.Equal(("remote", server.Uri, 0), (lost.Device, lost.Uri, lost.Connections));
        using var next = await server.AcceptAsync(Export);
        var connected = Assert.IsType<Connected>(await news.NextAsync());
        Assert.Equal(("remote", 1), (connected.Device, connected.Connections));
    }

    [Fact]
    public async Task Events_before_attach_are_published_at_attach()
    {
        var (device, peer) = await server.OpenAsync(Export);
        var news = new EventProbe(system, typeof(NbdDeviceEvent));
        peer.Dispose();
        using var next = await server.AcceptAsync(Export);

        await AttachAsync("remote", device);

        Assert.Equal("remote", Assert.IsType<ConnectionLost>(await news.NextAsync()).Device);
        Assert.IsType<Connected>(await news.NextAsync());
    }

    [Fact]
    public async Task A_subscription_to_one_type_gets_only_that_type()
    {
        var (device, peer) = await server.OpenAsync(Export);
        var news = new EventProbe(system, typeof(Connected));
        await AttachAsync("remote", device);

        peer.Dispose();
        using var next = await server.AcceptAsync(Export);

        Assert.IsType<Connected>(await news.NextAsync());
    }

    [Fact]
    public async Task A_failed_attempt_is_published_with_its_reason()
    {
        var (device, peer) = await server.OpenAsync(Export);
        var news = new EventProbe(system, typeof(ReconnectFailed));
        await AttachAsync("remote", device);

        peer.Dispose();
        (await server.AcceptAsync()).Dispose();

        var failed = Assert.IsType<ReconnectFailed>(await news.NextAsync());
        Assert.Equal(("remote", 1), (failed.Device, failed.Attempts));
        Assert.NotEmpty(failed.Reason);
    }

    [Fact]
    public async Task A_changed_export_is_published()
    {
        var (device, peer) = await server.OpenAsync(Export);
        var news = new EventProbe(system, typeof(DeviceHasChanged));
        await AttachAsync("remote", device);

        peer.Dispose();
        using var next = await server.AcceptAsync(Export with { SizeBytes = 512 << 10 });

        Assert.Equal("remote", Assert.IsType<DeviceHasChanged>(await news.NextAsync()).Device);
    }

    [Fact]
    public async Task Events_of_a_decorated_device_are_published()
    {
        var (device, peer) = await server.OpenAsync(Export);
        var news = new EventProbe(system, typeof(ConnectionLost));
        await AttachAsync("remote", new RecordingDevice(device));

        peer.Dispose();

        Assert.Equal("remote", Assert.IsType<ConnectionLost>(await news.NextAsync()).Device);
    }

    [Fact]
    public async Task Events_of_two_devices_of_one_export_have_different_names()
    {
        var (left, leftPeer) = await server.OpenAsync(Export);
        var (right, rightPeer) = await server.OpenAsync(Export);
        using var leftEnds = leftPeer;
        var news = new EventProbe(system, typeof(ConnectionLost));
        await AttachAsync("left", left);
        await AttachAsync("right", right);

        rightPeer.Dispose();

        Assert.Equal("right", Assert.IsType<ConnectionLost>(await news.NextAsync()).Device);
    }

    private Task<DeviceDescription> AttachAsync(string name, IBlockDevice device) =>
        DmIoService.For(system).AttachAsync(name, device).InTime();
}

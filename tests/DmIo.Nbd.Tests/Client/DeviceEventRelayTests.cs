using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Nbd.Tests.Peers;
using Xunit;
using static DmIo.Nbd.Client.NbdDeviceEvents;

namespace DmIo.Nbd.Tests.Client;

/// <summary>What happens to the connections of an attached device, as subscribers of the system's event stream hear
/// it.</summary>
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
    public async Task A_connection_that_is_lost_and_comes_back_is_published_under_the_devices_name()
    {
        var (device, peer) = await server.OpenAsync(Export);
        var news = new EventProbe(system, typeof(NbdDeviceEvent));
        await AttachAsync("remote", device);

        peer.Dispose();

        var lost = Assert.IsType<ConnectionLost>(await news.NextAsync());
        Assert.Equal(("remote", server.Uri, 0), (lost.Device, lost.Uri, lost.Connections));
        using var next = await server.WelcomeAsync(Export);
        var connected = Assert.IsType<Connected>(await news.NextAsync());
        Assert.Equal(("remote", 1), (connected.Device, connected.Connections));
    }

    [Fact]
    public async Task What_happened_before_it_was_attached_is_published_then()
    {
        var (device, peer) = await server.OpenAsync(Export);
        var news = new EventProbe(system, typeof(NbdDeviceEvent));
        peer.Dispose();
        using var next = await server.WelcomeAsync(Export);

        await AttachAsync("remote", device);

        Assert.Equal("remote", Assert.IsType<ConnectionLost>(await news.NextAsync()).Device);
        Assert.IsType<Connected>(await news.NextAsync());
    }

    [Fact]
    public async Task Who_subscribes_to_one_kind_hears_that_alone()
    {
        var (device, peer) = await server.OpenAsync(Export);
        var news = new EventProbe(system, typeof(Connected));
        await AttachAsync("remote", device);

        peer.Dispose();
        using var next = await server.WelcomeAsync(Export);

        Assert.IsType<Connected>(await news.NextAsync());
    }

    [Fact]
    public async Task An_attempt_in_vain_is_published_with_its_reason()
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
    public async Task An_export_that_comes_back_as_another_one_is_published()
    {
        var (device, peer) = await server.OpenAsync(Export);
        var news = new EventProbe(system, typeof(DeviceHasChanged));
        await AttachAsync("remote", device);

        peer.Dispose();
        using var next = await server.WelcomeAsync(Export with { SizeBytes = 2 << 20 });

        Assert.Equal("remote", Assert.IsType<DeviceHasChanged>(await news.NextAsync()).Device);
    }

    [Fact]
    public async Task A_device_behind_a_decorator_is_heard_as_well()
    {
        var (device, peer) = await server.OpenAsync(Export);
        var news = new EventProbe(system, typeof(ConnectionLost));
        await AttachAsync("remote", new RecordingDevice(device));

        peer.Dispose();

        Assert.Equal("remote", Assert.IsType<ConnectionLost>(await news.NextAsync()).Device);
    }

    [Fact]
    public async Task Two_devices_of_one_export_are_told_apart()
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

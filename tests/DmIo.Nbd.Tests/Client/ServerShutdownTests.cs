using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using Xunit;
using static DmIo.Nbd.Client.NbdDeviceEvents;

namespace DmIo.Nbd.Tests.Client;

/// <summary>A server that replies ESHUTDOWN: the client completes its requests and disconnects, as the protocol
/// requires.</summary>
public sealed class ServerShutdownTests : IDisposable
{
    private static readonly FakeExport Structured = new() { IsStructured = true };

    private readonly FakeServer server = new();

    public void Dispose() => server.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Requests_in_flight_complete_before_the_disconnect(bool isOwned)
    {
        var (device, peer) = await server.OpenAsync(
            Structured, options => options with { ReconnectWait = TimeSpan.FromMinutes(1) });
        await using var used = isOwned ? (Devices.IBlockDevice)new PolledDevice(device) : device;
        using var leaving = peer;
        var refused = used.WriteAsync(0, Bytes.Batch(new byte[512]), forceUnitAccess: false);
        var served = used.WriteAsync(8, Bytes.Batch(new byte[512]), forceUnitAccess: false);
        var requests = (await peer.ReadRequestAsync(), await peer.ReadRequestAsync());
        await peer.SendErrorAsync(requests.Item1.Request, NbdError.Shutdown, "as the test says");
        Assert.Equal(IoStatusCode.DeviceGone, (await refused.InTime()).Status.Code);

        var later = used.WriteAsync(16, Bytes.Batch(new byte[512]), forceUnitAccess: false);
        await peer.SendDoneAsync(requests.Item2.Request);

        Assert.Equal(512, (await served.InTime()).Bytes);
        Assert.Equal(NbdCommand.Disconnect, (await peer.ReadRequestAsync()).Request.Command);
        using var next = await server.AcceptAsync(Structured);
        var (request, _) = await next.ReadRequestAsync();
        await next.SendDoneAsync(request);
        Assert.Equal(16UL * 512, request.Offset);
        Assert.Equal(512, (await later.InTime()).Bytes);
    }

    [Fact]
    public async Task The_reason_for_the_end_of_the_connection_is_published()
    {
        var (device, peer) = await server.OpenAsync(Structured);
        await using var opened = device;
        using var leaving = peer;
        var published = new TaskCompletionSource<NbdDeviceEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        device.Events.Listen(news => published.TrySetResult(news));
        var read = device.ReadAsync(0, Bytes.Batch(new byte[512]));
        await peer.SendErrorAsync((await peer.ReadRequestAsync()).Request, NbdError.Shutdown, "");

        Assert.False((await read.InTime()).Status.IsOk);
        var lost = Assert.IsType<ConnectionLost>(await published.Task.InTime());
        Assert.Equal((0, "The server is shutting down."), (lost.Operations, lost.Reason));
    }
}

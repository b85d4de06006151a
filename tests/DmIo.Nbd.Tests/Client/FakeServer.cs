using System.Net.Sockets;
using DmIo.Nbd.Client;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Tests.Peers;

namespace DmIo.Nbd.Tests.Client;

/// <summary>A unix socket that answers as a test's script says, right or wrong.</summary>
internal sealed class FakeServer : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    internal FakeServer()
    {
        var path = directory.FilePath("nbd.sock");
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        Uri = NbdUri.Unix(path, "disk");
    }

    internal NbdUri Uri { get; }

    /// <summary>Somebody waits to be accepted.</summary>
    internal bool IsCalled => listener.Poll(0, SelectMode.SelectRead);

    internal async Task<FakePeer> AcceptAsync() => new(await listener.AcceptAsync().InTime());

    /// <summary>Accepts one, and agrees with it on this export.</summary>
    internal async Task<FakePeer> WelcomeAsync(FakeExport export)
    {
        var peer = await AcceptAsync();
        await peer.AgreeAsync(export);
        return peer;
    }

    /// <summary>A device on this export, and the other end of its connection.</summary>
    internal async Task<(NbdDevice Device, FakePeer Peer)> OpenAsync(
        FakeExport export, Func<NbdDeviceOptions, NbdDeviceOptions>? change = null)
    {
        var options = new NbdDeviceOptions
        {
            Uri = Uri, ShortestReconnectPause = TimeSpan.FromMilliseconds(1),
        };
        var opening = NbdDevice.OpenAsync(change?.Invoke(options) ?? options).InTime();
        var peer = await WelcomeAsync(export);
        return (await opening, peer);
    }

    public void Dispose()
    {
        listener.Dispose();
        directory.Dispose();
    }
}

/// <summary>What a <see cref="FakeServer"/> offers.</summary>
internal sealed record FakeExport
{
    internal long SizeBytes { get; init; } = 1 << 20;

    internal TransmissionFlags Flags { get; init; } = TransmissionFlags.HasFlags | TransmissionFlags.Flush;

    internal BlockSizes? Sizes { get; init; }

    internal bool IsStructured { get; init; }
}

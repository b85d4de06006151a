using System.Net.Sockets;
using DmIo.Nbd.Client;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Tests.Client;

/// <summary>A server on a unix socket that replies as a test specifies, correctly or not.</summary>
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

    /// <summary>A client waits to be accepted.</summary>
    internal bool HasPendingConnection => listener.Poll(0, SelectMode.SelectRead);

    internal async Task<FakePeer> AcceptAsync() => new(await listener.AcceptAsync().InTime());

    /// <summary>Accepts a connection, and completes the handshake for this export.</summary>
    internal async Task<FakePeer> AcceptAsync(FakeExport export)
    {
        var peer = await AcceptAsync();
        await peer.NegotiateAsync(export);
        return peer;
    }

    /// <summary>Opens a device with this export; returns it with the server's end of the connection.</summary>
    internal async Task<(NbdDevice Device, FakePeer Peer)> OpenAsync(
        FakeExport export, Func<NbdDeviceOptions, NbdDeviceOptions>? change = null)
    {
        var options = new NbdDeviceOptions
        {
            Uri = Uri,
            MinReconnectPause = TimeSpan.FromMilliseconds(1),
        };
        var opening = NbdDevice.OpenAsync(change?.Invoke(options) ?? options).InTime();
        var peer = await AcceptAsync(export);
        return (await opening, peer);
    }

    public void Dispose()
    {
        listener.Dispose();
        directory.Dispose();
    }
}

/// <summary>The export of a <see cref="FakeServer"/>.</summary>
internal sealed record FakeExport
{
    internal long SizeBytes { get; init; } = 1 << 20;

    internal TransmissionFlags Flags { get; init; } = TransmissionFlags.HasFlags | TransmissionFlags.Flush;

    internal BlockSizes? Sizes { get; init; }

    internal bool IsStructured { get; init; }
}

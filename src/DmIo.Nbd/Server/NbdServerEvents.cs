using DmIo.Io;

namespace DmIo.Nbd.Server;

/// <summary>Changes of state, published on the actor system's event stream. Subscribe to one type, or to
/// <see cref="NbdServerEvent"/> for all.</summary>
public static class NbdServerEvents
{
    /// <summary>The base type of all events.</summary>
    public abstract record NbdServerEvent;

    /// <summary>An export was added.</summary>
    public sealed record ExportAdded(NbdExport Export, ByteSize Size) : NbdServerEvent;

    /// <summary>An export was removed. No client uses it, and its lease was returned.</summary>
    public sealed record ExportRemoved(string Name) : NbdServerEvent;

    /// <summary>A client uses an export.</summary>
    public sealed record ClientConnected(long Connection, string Peer, string Export) : NbdServerEvent;

    /// <summary>A client that used an export has disconnected, and none of its requests is in flight.</summary>
    public sealed record ClientDisconnected(long Connection, string Peer, string Export, string Reason)
        : NbdServerEvent;
}

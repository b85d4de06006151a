using DmIo.Io;

namespace DmIo.Nbd.Server;

/// <summary>
/// Changes of state, published on the actor system's event stream as they happen. Subscribe to one, or to
/// <see cref="NbdServerEvent"/> for all.
/// </summary>
public static class NbdServerEvents
{
    /// <summary>Any of them.</summary>
    public abstract record NbdServerEvent;

    /// <summary>Clients may use it from now on.</summary>
    public sealed record ExportAdded(NbdExport Export, ByteSize Size) : NbdServerEvent;

    /// <summary>Nobody uses it any more, and its lease is put back.</summary>
    public sealed record ExportRemoved(string Name) : NbdServerEvent;

    /// <summary>A client uses an export.</summary>
    public sealed record ClientConnected(long Connection, string Peer, string Export) : NbdServerEvent;

    /// <summary>A client that used an export is gone, and nothing of it is in flight.</summary>
    public sealed record ClientDisconnected(long Connection, string Peer, string Export, string Reason)
        : NbdServerEvent;

    /// <summary>One of the devices of an export missed something that others have: it is left out until the export is
    /// added anew. Published before the client hears of the request. A failed trim is a hint, no loss.</summary>
    public sealed record LegLost(string Export, string Device, IoStatus Status) : NbdServerEvent;
}

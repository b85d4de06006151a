using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Devices;

namespace DmIo.Nbd.Server;

/// <summary>An NBD server's face (<see cref="NbdServer"/>) and its actor, and what the actor's own work tells
/// it.</summary>
/// <remarks><code>
///   AddExport    --+--> NbdExportStatus    clients may use it
///                  +--> Refused            nothing happened
///   RemoveExport --+--> ExportRemoved         its connections are cut, its pages are back
///                  +--> Refused
///   GetStatus    -----> NbdServerStatus
///   Unbind       -----> Unbound            nothing is listened on; the connections that exist are served
///   Stop         -----> (stops)            nothing is listened on, all exports are gone
/// </code>
/// Exactly one reply each, to the sender.</remarks>
internal static class NbdServerProtocol
{
    internal sealed record AddExport(NbdExport Export) : INoSerializationVerificationNeeded;

    internal sealed record RemoveExport(string Name) : INoSerializationVerificationNeeded;

    internal sealed record ExportRemoved : INoSerializationVerificationNeeded
    {
        internal static ExportRemoved Instance { get; } = new();
    }

    /// <param name="Reason">One sentence that names the value, the limit and the fix.</param>
    internal sealed record Refused(string Reason) : INoSerializationVerificationNeeded;

    internal sealed record GetStatus : INoSerializationVerificationNeeded
    {
        internal static GetStatus Instance { get; } = new();
    }

    internal sealed record Unbind : INoSerializationVerificationNeeded
    {
        internal static Unbind Instance { get; } = new();
    }

    internal sealed record Unbound : INoSerializationVerificationNeeded
    {
        internal static Unbound Instance { get; } = new();
    }

    internal sealed record Stop : INoSerializationVerificationNeeded
    {
        internal static Stop Instance { get; } = new();
    }

    /// <summary>Somebody connected.</summary>
    internal sealed record ConnectionAccepted(Socket Socket) : INoSerializationVerificationNeeded;

    /// <summary>An address accepts no connections until it is run again.</summary>
    internal sealed record AcceptFailed(NbdListener Listener, Exception Fault)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>A connection has ended.</summary>
    internal sealed record ConnectionEnded(NbdConnection Connection)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>What an export that is to be added needs is there; or why not, and then there is no client.</summary>
    internal sealed record ExportPrepared(
        NbdExport Export, IActorRef ReplyTo, IReadOnlyList<DeviceDescription> Devices, IoClient? Client, string Fault)
        : INoSerializationVerificationNeeded;

    /// <summary>An export's connections are gone, or were thrown out.</summary>
    internal sealed record ConnectionsClosed(ServedExport Export, IActorRef ReplyTo) : INoSerializationVerificationNeeded;

    /// <summary>An export's lease is put back, or as good as.</summary>
    internal sealed record LeaseReturned(ServedExport Export, IActorRef ReplyTo)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Time to look after the limits.</summary>
    internal sealed record CheckTimeouts : INoSerializationVerificationNeeded
    {
        internal static CheckTimeouts Instance { get; } = new();
    }
}

using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Client;
using DmIo.Devices;

namespace DmIo.Nbd.Server;

/// <summary>The messages between <see cref="NbdServer"/> and its actor, and the notifications of the actor's own
/// work.</summary>
/// <remarks>
/// <code>
///   AddExport    --+--> NbdExportStatus    the export was added
///                  +--> Refused            nothing happened
///   RemoveExport --+--> ExportRemoved      its connections are closed, its pages returned
///                  +--> Refused
///   GetStatus    -----> NbdServerStatus
///   Unbind       -----> Unbound            the server does not listen; existing connections are served
///   Stop         -----> (stops)            the server does not listen, all exports are removed
/// </code>
/// Each command has exactly one reply, to the sender.
/// </remarks>
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

    /// <summary>A client connected.</summary>
    internal sealed record ConnectionAccepted(Socket Socket) : INoSerializationVerificationNeeded;

    /// <summary>A listener failed. It does not accept connections until it is run again.</summary>
    internal sealed record AcceptFailed(NbdListener Listener, Exception Fault)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>A connection has ended.</summary>
    internal sealed record ConnectionEnded(NbdConnection Connection)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The device and the lease of a new export. On failure, there are none.</summary>
    internal sealed record ExportPrepared(
        NbdExport Export, IActorRef ReplyTo, DeviceDescription? Device, IoClient? Client, string Fault)
        : INoSerializationVerificationNeeded;

    /// <summary>The connections of an export have ended or were aborted.</summary>
    internal sealed record ConnectionsClosed(ServedExport Export, IActorRef ReplyTo)
        : INoSerializationVerificationNeeded;

    /// <summary>The lease of an export was returned, or the wait for it timed out.</summary>
    internal sealed record LeaseReturned(ServedExport Export, IActorRef ReplyTo)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Time to check the timeouts.</summary>
    internal sealed record CheckTimeouts : INoSerializationVerificationNeeded
    {
        internal static CheckTimeouts Instance { get; } = new();
    }
}

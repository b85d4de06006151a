using System.Net;
using Akka.Actor;

namespace DmIo.Nbd.Server;

/// <summary>Where a server listens, and to whom. Immutable.</summary>
public sealed record NbdServerOptions
{
    /// <summary>
    /// Addresses (<see cref="IPEndPoint"/>, port 0: any free one) and unix sockets
    /// (<see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>). The file of a unix socket is made with mode 0600,
    /// whatever the umask, and removed at the end, unless another one took its name; a socket that a dead process left
    /// there is replaced.
    /// </summary>
    public required IReadOnlyList<EndPoint> EndPoints { get; init; }

    /// <summary>Encryption; null: none.</summary>
    public NbdTlsOptions? Tls { get; init; }

    /// <summary>
    /// Listens on other addresses than loopback without requiring TLS: whoever reaches the port then reads and writes
    /// every export, and whoever is in between sees all of it.
    /// </summary>
    public bool AllowsInsecure { get; init; }

    /// <summary>What it bears with from its peers.</summary>
    public NbdServerLimits Limits { get; init; } = new();

    /// <summary>The phase of CoordinatedShutdown in which the server stops accepting connections. Those that exist are
    /// served until <see cref="StopPhase"/>. A phase of the actor system's configuration, before its
    /// termination.</summary>
    public string UnbindPhase { get; init; } = CoordinatedShutdown.PhaseServiceUnbind;

    /// <summary>The phase of CoordinatedShutdown in which the server answers the requests in flight, within
    /// <see cref="NbdServerLimits.Drain"/>, and closes its connections. The phase has a timeout of its own, after which
    /// the next phases begin. Before <c>dmio.shutdown-phase</c>, where the devices stop.</summary>
    public string StopPhase { get; init; } = CoordinatedShutdown.PhaseServiceRequestsDone;

    /// <summary>What <see cref="Limits"/> are measured with.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>
/// A server's side of TLS (1.2 and later): its certificate, and whom it lets in. Files are PEM, and are read again when
/// they have changed, for the connections that come then; while what they hold is broken, the old stays in use.
/// Immutable.
/// </summary>
public sealed record NbdTlsOptions
{
    /// <summary>Must a client encrypt?</summary>
    public NbdTlsMode Mode { get; init; } = NbdTlsMode.Required;

    /// <summary>The server's certificate, and behind it those between it and its authority.</summary>
    public required string CertificateFile { get; init; }

    /// <summary>The certificate's private key, without a password.</summary>
    public required string KeyFile { get; init; }

    /// <summary>
    /// The authorities whose clients are let in: each has to show a certificate that one of these signed. One
    /// certificate at least. Null: clients show none.
    /// </summary>
    public string? ClientAuthorityFile { get; init; }

    /// <summary>
    /// Which exports a client may use and see, by the name on its certificate (the subject's common name, or a DNS
    /// name); who is not in it gets none. Null: who is let in may use all.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? ClientExports { get; init; }
}

/// <summary>Whether connections are encrypted.</summary>
public enum NbdTlsMode
{
    /// <summary>The client decides.</summary>
    Offered,

    /// <summary>A client that does not encrypt learns nothing, not even the names of exports.</summary>
    Required,
}

using System.Net;
using Akka.Actor;

namespace DmIo.Nbd.Server;

/// <summary>The addresses and security of a server. Immutable.</summary>
public sealed record NbdServerOptions
{
    /// <summary>
    /// IP addresses (<see cref="IPEndPoint"/>; port 0 selects any free port) and unix sockets
    /// (<see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>). The file of a unix socket is created with mode
    /// 0600, independent of the umask, and removed at the end unless it was replaced. The socket file of a dead process
    /// is replaced.
    /// </summary>
    public required IReadOnlyList<EndPoint> EndPoints { get; init; }

    /// <summary>The TLS options; null: no TLS.</summary>
    public NbdTlsOptions? Tls { get; init; }

    /// <summary>Allows addresses other than loopback without requiring TLS. Any client that reaches the port can then
    /// read and write all exports, and the traffic is not encrypted.</summary>
    public bool AllowsInsecure { get; init; }

    /// <summary>The limits that the server enforces on its clients.</summary>
    public NbdServerLimits Limits { get; init; } = new();

    /// <summary>The phase of CoordinatedShutdown in which the server stops accepting connections. Existing connections
    /// are served until <see cref="StopPhase"/>. It must be a phase of the actor system's configuration that precedes
    /// the termination of the system.</summary>
    public string UnbindPhase { get; init; } = CoordinatedShutdown.PhaseServiceUnbind;

    /// <summary>The phase of CoordinatedShutdown in which the server answers requests in flight, within
    /// <see cref="NbdServerLimits.Drain"/>, and closes its connections. The phase has its own timeout, after which the
    /// next phase begins. It must precede <c>dmio.shutdown-phase</c>, in which the devices stop.</summary>
    public string StopPhase { get; init; } = CoordinatedShutdown.PhaseServiceRequestsDone;

    /// <summary>The clock of the <see cref="Limits"/>.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>The server's TLS options (TLS 1.2 and later): its certificate and the clients that may connect. Files are
/// PEM. Changed files are read again for new connections; while their content is invalid, the previous content stays in
/// use. Immutable.</summary>
public sealed record NbdTlsOptions
{
    /// <summary>Whether clients must use TLS.</summary>
    public NbdTlsMode Mode { get; init; } = NbdTlsMode.Required;

    /// <summary>The file with the server's certificate, followed by the intermediate certificates.</summary>
    public required string CertificateFile { get; init; }

    /// <summary>The file with the private key of the certificate, unencrypted.</summary>
    public required string KeyFile { get; init; }

    /// <summary>The file with the authorities that sign client certificates, at least one. Clients must present a
    /// certificate of one of them. Null: clients need no certificate.</summary>
    public string? ClientAuthorityFile { get; init; }

    /// <summary>The exports that a client may use and list, by the name in its certificate (the subject's common name,
    /// or a DNS name). Clients that are not listed may use none. Null: all clients may use all exports.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? ClientExports { get; init; }
}

/// <summary>Whether clients must use TLS.</summary>
public enum NbdTlsMode
{
    /// <summary>Clients may use TLS.</summary>
    Offered,

    /// <summary>Clients must use TLS. Without it, they cannot list the exports.</summary>
    Required,
}

namespace DmIo.Nbd.Server;

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

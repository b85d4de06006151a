using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DmIo.Actors.Protocol;
using DmIo.Native;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server;

/// <summary>The server's TLS: its certificate and the authorities of its clients, read again when a file has changed.
/// While the content of a file is invalid, the previous content stays in use, and a warning is logged once per change.
/// Thread-safe.</summary>
internal sealed class ServerTls
{
    private const string LocalHost = "localhost";

    private readonly Lock gate = new();
    private readonly NbdTlsOptions options;
    private readonly Action<string> warn;
    private Credentials current;
    private string seen;

    /// <exception cref="IoRefusedException">A file cannot be read, or its content is invalid.</exception>
    internal ServerTls(NbdTlsOptions options, Action<string> warn)
    {
        this.options = options;
        this.warn = warn;
        seen = Stamp();
        try
        {
            current = Read();
        }
        catch (Exception fault) when (IsBadFile(fault))
        {
            throw new IoRefusedException($"The server cannot use TLS: {fault.Message}");
        }

        WarnAboutDates();
    }

    internal NbdTlsMode Mode => options.Mode;

    /// <summary>The name in the certificate that a client of a unix socket must expect; null: localhost, the clients'
    /// default.</summary>
    internal string? NameForUnix => HostFor(LocalHost) is var name && name != LocalHost ? name : null;

    /// <summary>A name of this server that its certificate contains, so that clients accept it.</summary>
    /// <param name="preferred">Returned if the certificate contains it, or contains no name that a URI can
    /// have.</param>
    internal string HostFor(string preferred)
    {
        var certificate = Current().Server.TargetCertificate;
        return NamesOf(certificate).Concat(AddressesOf(certificate)).Prepend(preferred).FirstOrDefault(
            name => NbdUriParts.HostOf(name) is not null && certificate.MatchesHostname(name)) ?? preferred;
    }

    /// <summary>Starts TLS on a connection.</summary>
    /// <exception cref="IOException">The client was refused, or closed the connection; the message explains
    /// why.</exception>
    internal async Task<AuthenticatedClient> AcceptAsync(SocketTransport socket)
    {
        var credentials = Current();
        string? refusal = null;
        var stream = new SslStream(new NetworkStream(socket.Socket, ownsSocket: false), leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = credentials.Server,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ClientCertificateRequired = credentials.Authorities is not null,
                RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                {
                    refusal = credentials.Authorities is { } authorities
                        ? FaultOf(certificate as X509Certificate2, chain, authorities)
                        : null;
                    return refusal is null;
                },
            }).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is AuthenticationException or IOException)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw new IOException(refusal ?? $"the TLS handshake failed: {fault.Message}", fault);
        }

        var client = stream.RemoteCertificate as X509Certificate2;
        return new AuthenticatedClient(
            new TlsTransport(stream, socket),
            client is null ? null : NbdText.Printable(client.Subject),
            ExportsOf(client));
    }

    /// <summary>Why the client is refused; null: it is accepted.</summary>
    private string? FaultOf(
        X509Certificate2? certificate, X509Chain? chain, X509Certificate2Collection authorities)
    {
        if (certificate is null || chain is null)
        {
            return "it presented no certificate; one that is signed by an authority of "
                + $"'{options.ClientAuthorityFile}' is required.";
        }

        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Clear();
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        if (chain.Build(certificate))
        {
            return null;
        }

        var reasons = chain.ChainStatus.Select(
            status => $"{status.Status} ({status.StatusInformation.Trim().TrimEnd('.')})");
        return NbdText.Printable($"its certificate '{certificate.Subject}' of '{certificate.Issuer}' is not accepted: ")
            + $"{string.Join(", ", reasons.Distinct())}.";
    }

    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private string[]? ExportsOf(X509Certificate2? client)
    {
        if (options.ClientExports is not { } map)
        {
            return null;
        }

        var names = client is null ? [] : NamesOf(client);
        return [.. names.SelectMany(name => map.TryGetValue(name, out var exports) ? exports : [])];
    }

    private static IEnumerable<string> NamesOf(X509Certificate2 certificate)
    {
        yield return certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        foreach (var alternative in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            foreach (var name in alternative.EnumerateDnsNames())
            {
                yield return name;
            }
        }
    }

    private static IEnumerable<string> AddressesOf(X509Certificate2 server) =>
        server.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(alternative => alternative.EnumerateIPAddresses()).Select(address => address.ToString());

    private Credentials Current()
    {
        lock (gate)
        {
            var stamp = Stamp();
            if (!string.Equals(stamp, seen, StringComparison.Ordinal))
            {
                seen = stamp;
                try
                {
                    current = Read();
                    WarnAboutDates();
                }
                catch (Exception fault) when (IsBadFile(fault))
                {
                    warn($"The new certificate cannot be used; the old one stays in use: {fault.Message}");
                }
            }

            return current;
        }
    }

    /// <summary>A certificate outside its dates is used, because clients decide about it, but hardly on
    /// purpose.</summary>
    private void WarnAboutDates()
    {
        if (DatesFaultOf(current.Server.TargetCertificate) is { } fault)
        {
            warn($"The certificate of '{options.CertificateFile}' {fault}, so clients refuse it.");
        }

        if (current.Authorities is { } authorities && authorities.All(authority => DatesFaultOf(authority) is not null))
        {
            warn($"The authority of '{options.ClientAuthorityFile}' {DatesFaultOf(authorities[0])}, so the server "
                + "refuses all clients.");
        }
    }

    /// <summary>Null: the certificate is valid now.</summary>
    private static string? DatesFaultOf(X509Certificate2 certificate) =>
        certificate.NotAfter < DateTime.Now ? $"expired at {certificate.NotAfter.ToUniversalTime():u}"
        : certificate.NotBefore > DateTime.Now
            ? $"is not valid before {certificate.NotBefore.ToUniversalTime():u}"
        : null;

    private static bool IsBadFile(Exception fault) =>
        fault is IOException or CryptographicException or ArgumentException;

    private string Stamp() => string.Join('|', Files().Select(StampOf));

    /// <summary>Uses the target of symbolic links: certificates are often replaced by changing a link, and the targets
    /// may have the same time and size.</summary>
    private static string StampOf(string file)
    {
        try
        {
            var target = SymbolicLink.TargetOf(file) ?? new FileInfo(file);
            return $"{FileIdentity.Of(file)?.Node}/{target.LastWriteTimeUtc.Ticks}/{target.Length}";
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return "";
        }
    }

    private IEnumerable<string> Files()
    {
        yield return options.CertificateFile;
        yield return options.KeyFile;
        if (options.ClientAuthorityFile is { } authorities)
        {
            yield return authorities;
        }
    }

    private Credentials Read() => new(
        TlsFiles.ReadIdentity(options.CertificateFile, options.KeyFile),
        options.ClientAuthorityFile is { } file ? TlsFiles.ReadAuthorities(file) : null);

    private sealed record Credentials(SslStreamCertificateContext Server, X509Certificate2Collection? Authorities);
}

/// <summary>A client that completed the TLS handshake.</summary>
/// <param name="Transport">The connection.</param>
/// <param name="Subject">The subject of the client's certificate, for logs; null: none.</param>
/// <param name="Exports">The exports that the client may use; null: all.</param>
internal sealed record AuthenticatedClient(
    TlsTransport Transport, string? Subject, IReadOnlyCollection<string>? Exports);

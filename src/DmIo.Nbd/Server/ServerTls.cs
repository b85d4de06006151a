using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DmIo.Actors.Protocol;
using DmIo.Devices.Files;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server;

/// <summary>
/// A server's TLS: its certificate and the authorities of its clients, read again when a file has changed. While what a
/// file holds is broken, the old stays in use, and that is logged once for each change. Any thread.
/// </summary>
internal sealed class ServerTls
{
    private const string LocalHost = "localhost";

    private readonly Lock gate = new();
    private readonly NbdTlsOptions options;
    private readonly Action<string> warn;
    private Credentials current;
    private string seen;

    /// <exception cref="IoRefusedException">A file can't be read, or is not what it should be.</exception>
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
            throw new IoRefusedException($"The server can't use TLS: {fault.Message}");
        }
    }

    internal NbdTlsMode Mode => options.Mode;

    /// <summary>What a client of a unix socket has to look for in the certificate; null: localhost, as clients
    /// do.</summary>
    internal string? NameForUnix => HostFor(LocalHost) is var name && name != LocalHost ? name : null;

    /// <summary>
    /// A name for this server that its certificate has, so that clients that check it accept it.
    /// </summary>
    /// <param name="preferred">Taken if the certificate has it, or has none at all that a URI can name.</param>
    internal string HostFor(string preferred)
    {
        var certificate = Current().Server.TargetCertificate;
        return NamesOf(certificate).Concat(AddressesOf(certificate)).Prepend(preferred).FirstOrDefault(
            name => NbdUriParts.HostOf(name) is not null && certificate.MatchesHostname(name)) ?? preferred;
    }

    /// <summary>Puts TLS on a connection.</summary>
    /// <exception cref="IOException">The client is not let in, or broke off; the message says which, and
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
            throw new IOException(refusal ?? $"TLS was not agreed on: {fault.Message}", fault);
        }

        var client = stream.RemoteCertificate as X509Certificate2;
        return new AuthenticatedClient(
            new TlsTransport(stream, socket),
            client is null ? null : NbdText.Printable(client.Subject),
            ExportsOf(client));
    }

    /// <summary>Why the client is not let in; null: it is.</summary>
    private string? FaultOf(
        X509Certificate2? certificate, X509Chain? chain, X509Certificate2Collection authorities)
    {
        if (certificate is null || chain is null)
        {
            return $"it showed no certificate, and one that an authority of '{options.ClientAuthorityFile}' signed is "
                + "required.";
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
                }
                catch (Exception fault) when (IsBadFile(fault))
                {
                    warn($"The new certificate can't be used, the old one stays: {fault.Message}");
                }
            }

            return current;
        }
    }

    private static bool IsBadFile(Exception fault) =>
        fault is IOException or CryptographicException or ArgumentException;

    private string Stamp() => string.Join('|', Files().Select(StampOf));

    /// <summary>Of the file that is there: certificates are also replaced by a symbolic link on the way to them, whose
    /// targets may be equally old and long.</summary>
    private static string StampOf(string file)
    {
        try
        {
            var target = File.ResolveLinkTarget(file, returnFinalTarget: true) ?? new FileInfo(file);
            return $"{FileIdentity.Of(file)?.Node}/{target.LastWriteTimeUtc.Ticks}/{((FileInfo)target).Length}";
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
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
        options.ClientAuthorityFile is { } file ? TlsFiles.ReadCertificates(file) : null);

    private sealed record Credentials(SslStreamCertificateContext Server, X509Certificate2Collection? Authorities);
}

/// <summary>A client that was let in.</summary>
/// <param name="Transport">Its connection.</param>
/// <param name="Subject">Of its certificate, for logs; null: it showed none.</param>
/// <param name="Exports">Which it may use; null: all.</param>
internal sealed record AuthenticatedClient(
    TlsTransport Transport, string? Subject, IReadOnlyCollection<string>? Exports);

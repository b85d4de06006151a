using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DmIo.Actors;
using DmIo.Devices;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Server;

/// <summary>
/// A server's TLS: its certificate and the authorities of its clients, read again when a file has changed. While what a
/// file holds is broken, the old stays in use, and that is logged once for each change. Any thread.
/// </summary>
internal sealed class ServerTls
{
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
            throw new IoRefusedException($"The certificate of the server can't be used: {fault.Message}");
        }
    }

    internal NbdTlsMode Mode => options.Mode;

    /// <summary>Puts TLS on a connection.</summary>
    /// <returns>The connection, and which exports its client may use; null: all.</returns>
    /// <exception cref="IOException">The client is not let in, or broke off.</exception>
    internal async Task<(TlsTransport Transport, IReadOnlyCollection<string>? Exports)> AcceptAsync(
        SocketTransport socket)
    {
        var credentials = Current();
        var stream = new SslStream(new NetworkStream(socket.Socket, ownsSocket: false), leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = credentials.Server,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ClientCertificateRequired = credentials.Authorities is not null,
                RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                    credentials.Authorities is not { } authorities || IsSigned(certificate, chain, authorities),
            }).ConfigureAwait(false);
        }
        catch (AuthenticationException fault)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw new IOException($"TLS was not agreed on: {fault.Message}", fault);
        }

        return (new TlsTransport(stream, socket), ExportsOf(stream.RemoteCertificate as X509Certificate2));
    }

    private static bool IsSigned(X509Certificate? shown, X509Chain? chain, X509Certificate2Collection authorities)
    {
        if (shown is not X509Certificate2 certificate || chain is null)
        {
            return false;
        }

        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Clear();
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return chain.Build(certificate);
    }

    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private IReadOnlyCollection<string>? ExportsOf(X509Certificate2? client)
    {
        if (options.ClientExports is not { } map)
        {
            return null;
        }

        var names = client is null ? [] : NamesOf(client);
        return [.. names.SelectMany(name => map.TryGetValue(name, out var exports) ? exports : [])];
    }

    private static IEnumerable<string> NamesOf(X509Certificate2 client)
    {
        yield return client.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        foreach (var alternative in client.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            foreach (var name in alternative.EnumerateDnsNames())
            {
                yield return name;
            }
        }
    }

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
        fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

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

    private Credentials Read()
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(options.CertificateFile);
        var server = X509Certificate2.CreateFromPemFile(options.CertificateFile, options.KeyFile);
        X509Certificate2Collection? authorities = null;
        if (options.ClientAuthorityFile is { } file)
        {
            authorities = [];
            authorities.ImportFromPemFile(file);
        }

        return new Credentials(
            SslStreamCertificateContext.Create(server, chain, offline: true), authorities);
    }

    private sealed record Credentials(SslStreamCertificateContext Server, X509Certificate2Collection? Authorities);
}

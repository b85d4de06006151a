using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Client;

/// <summary>How a client does TLS: 1.2 and later; the server's certificate is checked unless the URI says otherwise,
/// and its files are read at each connection, so that new ones need no restart.</summary>
internal static class ClientTls
{
    /// <exception cref="CryptographicException">A file does not hold what it should.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    [SuppressMessage("Security", "CA5359", Justification = "Only where the URI says tls-verify-peer=0.")]
    internal static SslClientAuthenticationOptions OptionsFor(NbdDeviceOptions options)
    {
        var uri = options.Uri;
        var tls = new SslClientAuthenticationOptions
        {
            TargetHost = uri.TlsHostname ?? (uri.SocketPath is null ? uri.Host : "localhost"),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };
        if (!uri.VerifiesPeer)
        {
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        }
        else if (options.AuthorityFile is { } authorities)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(TlsFiles.ReadCertificates(authorities));
        }

        if (options.CertificateFile is { } certificate)
        {
            tls.ClientCertificateContext = TlsFiles.ReadIdentity(certificate, options.KeyFile!);
        }

        return tls;
    }
}

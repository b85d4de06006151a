using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DmIo.Nbd.Server;
using DmIo.Nbd.Tests.Peers;

namespace DmIo.Nbd.Tests;

/// <summary>A certificate authority for tests. Its files have the names that GnuTLS clients (libnbd, nbdkit, qemu)
/// expect: ca-cert.pem, server-cert.pem, server-key.pem, client-cert.pem, client-key.pem.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    private readonly TemporaryDirectory home;
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly DateTimeOffset begin;
    private readonly DateTimeOffset end;
    private byte lastSerial;

    /// <param name="home">The directory of the files.</param>
    /// <param name="name">The name of the authority.</param>
    /// <param name="beginDays">When its certificates become valid, in days from now; they are valid for three
    /// days.</param>
    internal TestAuthority(TemporaryDirectory home, string name = "Test authority", int beginDays = -1)
    {
        begin = DateTimeOffset.UtcNow.AddDays(beginDays);
        end = begin.AddDays(3);
        this.home = home;
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        Certificate = request.CreateSelfSigned(begin, end);
    }

    /// <summary>The certificate of the authority.</summary>
    internal X509Certificate2 Certificate { get; }

    /// <summary>The file of the authority's certificate.</summary>
    internal string AuthorityFile => home.FilePath("ca-cert.pem");

    /// <summary>Creates a server certificate for the name and 127.0.0.1, and replaces the previous files.</summary>
    internal NbdTlsOptions ServeAs(NbdTlsMode mode, string name = "localhost")
    {
        var (certificateFile, keyFile) = (home.FilePath("server-cert.pem"), home.FilePath("server-key.pem"));
        File.WriteAllText(AuthorityFile, Certificate.ExportCertificatePem());
        Issue(name, ServerUse, certificateFile, keyFile);
        return new NbdTlsOptions { Mode = mode, CertificateFile = certificateFile, KeyFile = keyFile };
    }

    /// <summary>A directory for a client that trusts this authority, with a certificate of the name if there is
    /// one.</summary>
    internal string ClientDirectory(string? name = null)
    {
        var path = Directory.CreateDirectory(home.FilePath(Guid.NewGuid().ToString("n"))).FullName;
        File.WriteAllText(Path.Combine(path, "ca-cert.pem"), Certificate.ExportCertificatePem());
        if (name is not null)
        {
            Issue(name, ClientUse, Path.Combine(path, "client-cert.pem"), Path.Combine(path, "client-key.pem"));
        }

        return path;
    }

    /// <summary>A client certificate of the name, with its key.</summary>
    internal X509Certificate2 NewClient(string name)
    {
        var directory = ClientDirectory(name);
        return X509Certificate2.CreateFromPemFile(
            Path.Combine(directory, "client-cert.pem"), Path.Combine(directory, "client-key.pem"));
    }

    /// <summary>The options of a client that trusts only this authority.</summary>
    internal SslClientAuthenticationOptions ClientOptions(
        string host = "localhost", X509Certificate2? certificate = null)
    {
        var trust = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        trust.CustomTrustStore.Add(Certificate);
        return new SslClientAuthenticationOptions
        {
            TargetHost = host,
            CertificateChainPolicy = trust,
            ClientCertificates = certificate is null ? [] : [certificate],
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };
    }

    public void Dispose()
    {
        Certificate.Dispose();
        key.Dispose();
    }

    private void Issue(string name, string use, string certificateFile, string keyFile)
    {
        using var ownKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", ownKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false));
        if (use == ServerUse)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        using var issued = request.Create(Certificate, begin.AddHours(1), end.AddHours(-1), [++lastSerial]);
        File.WriteAllText(keyFile, ownKey.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(certificateFile, issued.ExportCertificatePem());
    }
}

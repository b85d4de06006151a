using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DmIo.Nbd.Tests.Server;

/// <summary>An authority, and a server's certificate of it, as files in a directory that goes with the test.</summary>
internal sealed class CertificateFiles : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("dmio-tls-").FullName;
    private readonly X509Certificate2 authority;
    private readonly DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1);
    private readonly DateTimeOffset until = DateTimeOffset.UtcNow.AddDays(1);

    internal CertificateFiles()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authority = request.CreateSelfSigned(from, until);
        File.WriteAllText(AuthorityFile, authority.ExportCertificatePem());
        WriteServer("localhost");
    }

    internal string AuthorityFile => Path.Combine(directory, "ca.pem");

    internal NbdTlsOptions Options => new()
    {
        CertificateFile = Path.Combine(directory, "server.pem"),
        KeyFile = Path.Combine(directory, "server.key"),
    };

    internal X509Certificate2 Authority => authority;

    public void Dispose()
    {
        authority.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>A new certificate for the server, in the place of the old one.</summary>
    internal void WriteServer(string name)
    {
        using var certificate = Issue(name, "1.3.6.1.5.5.7.3.1");
        File.WriteAllText(Options.CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(Options.KeyFile, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A client's certificate, of this authority.</summary>
    internal X509Certificate2 NewClient(string name) => Issue(name, "1.3.6.1.5.5.7.3.2");

    private X509Certificate2 Issue(string name, string purpose)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        using var issued = request.Create(
            authority, from, until, RandomNumberGenerator.GetBytes(8));
        using var withKey = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }
}

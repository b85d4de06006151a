using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DmIo.Native;

namespace DmIo.Nbd.Transport;

/// <summary>Reads the PEM files of TLS. Errors name the path and the fix: <see cref="CryptographicException"/> for the
/// content, or the exceptions of reading a file.</summary>
internal static class TlsFiles
{
    private const string EncryptedKey = "ENCRYPTED PRIVATE KEY";

    // OpenSSL's older format, with the label of an unencrypted key.
    private const string EncryptedOldKey = "Proc-Type: 4,ENCRYPTED";

    /// <summary>The certificates of a file of authorities, in order; at least one of them can sign others, or signs
    /// itself.</summary>
    internal static X509Certificate2Collection ReadAuthorities(string path)
    {
        var certificates = Certificates(path, ReadText(path));
        return certificates.Any(IsAuthority)
            ? certificates
            : throw new CryptographicException(
                $"'{path}' contains no certificate of an authority: '{certificates[0].Subject}' may not sign others. "
                + $"Specify the certificate of its issuer, '{certificates[0].Issuer}'.");
    }

    /// <summary>A certificate with its private key and the intermediate certificates.</summary>
    internal static SslStreamCertificateContext ReadIdentity(string certificateFile, string keyFile)
    {
        var certificate = ReadText(certificateFile);
        var chain = Certificates(certificateFile, certificate);
        var key = ReadText(keyFile);
        if (key.Contains(EncryptedKey, StringComparison.Ordinal)
            || key.Contains(EncryptedOldKey, StringComparison.Ordinal))
        {
            throw new CryptographicException(
                $"The key '{keyFile}' is encrypted, which is not supported; decrypt it "
                + $"(openssl pkey -in '{keyFile}' -out FILE).");
        }

        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new CryptographicException($"'{keyFile}' contains no private key in PEM format.");
        }

        try
        {
            return SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPem(certificate, key), chain, offline: true);
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            throw new CryptographicException(
                $"The key '{keyFile}' is malformed, or is not the key of the first certificate of '{certificateFile}'.",
                fault);
        }
    }

    private static bool IsAuthority(X509Certificate2 certificate) =>
        certificate.Subject == certificate.Issuer
        || certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(basic => basic.CertificateAuthority);

    private static X509Certificate2Collection Certificates(string path, string text)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(text);
        }
        catch (CryptographicException fault)
        {
            throw new CryptographicException($"A certificate of '{path}' cannot be read: {fault.Message}", fault);
        }

        return certificates.Count > 0
            ? certificates
            : throw new CryptographicException(
                $"'{path}' contains no certificate in PEM format"
                + $"{(text.Contains("PRIVATE KEY-----", StringComparison.Ordinal) ? ", but a private key." : ".")}");
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (ArgumentException fault) when (path.Length == 0)
        {
            throw new IOException("the path of a PEM file is empty.", fault);
        }
        catch (FileNotFoundException fault) when (SymbolicLink.ExplainDangling(path) is { } reason)
        {
            throw new IOException($"cannot read '{path}': {reason}.", fault);
        }
        catch (UnauthorizedAccessException fault)
        {
            var reason = Directory.Exists(path) ? $"'{path}' is a directory; specify a PEM file." : fault.Message;
            throw new IOException(reason, fault);
        }
    }
}

using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DmIo.Nbd.Transport;

/// <summary>Reads the PEM files of TLS. What is wrong with one is said with its path and the fix: as a
/// <see cref="CryptographicException"/>, or as what reading a file throws.</summary>
internal static class TlsFiles
{
    private const string EncryptedKey = "ENCRYPTED PRIVATE KEY";

    // OpenSSL's older form, under the label of an ordinary key.
    private const string EncryptedOldKey = "Proc-Type: 4,ENCRYPTED";

    /// <summary>The certificates of a file, in order; one at least.</summary>
    internal static X509Certificate2Collection ReadCertificates(string path) => Certificates(path, ReadText(path));

    /// <summary>A certificate with its private key, and behind it those that lead to its authority.</summary>
    internal static SslStreamCertificateContext ReadIdentity(string certificateFile, string keyFile)
    {
        var certificate = ReadText(certificateFile);
        var chain = Certificates(certificateFile, certificate);
        var key = ReadText(keyFile);
        if (key.Contains(EncryptedKey, StringComparison.Ordinal)
            || key.Contains(EncryptedOldKey, StringComparison.Ordinal))
        {
            throw new CryptographicException(
                $"The key '{keyFile}' is encrypted, and only keys without a password are read; write it without one "
                + $"(openssl pkey -in '{keyFile}' -out FILE).");
        }

        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new CryptographicException($"'{keyFile}' has no private key in the PEM format.");
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

    private static X509Certificate2Collection Certificates(string path, string text)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(text);
        }
        catch (CryptographicException fault)
        {
            throw new CryptographicException($"A certificate of '{path}' can't be read: {fault.Message}", fault);
        }

        return certificates.Count > 0
            ? certificates
            : throw new CryptographicException(
                $"'{path}' has no certificate in the PEM format"
                + $"{(text.Contains("PRIVATE KEY-----", StringComparison.Ordinal) ? ", but a private key." : ".")}");
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new IOException(fault.Message, fault);
        }
    }
}

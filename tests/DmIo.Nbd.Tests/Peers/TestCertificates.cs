namespace DmIo.Nbd.Tests.Peers;

/// <summary>
/// A directory with the certificates of an authority, of a server named <c>server.test</c> and of a client, under the
/// names that other programs look for: ca-cert.pem, server-cert.pem, server-key.pem, client-cert.pem, client-key.pem.
/// </summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    private TestCertificates()
    {
    }

    internal string Path => directory.Path;

    internal static async Task<TestCertificates> CreateAsync()
    {
        var certificates = new TestCertificates();
        await RunAsync(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=Test authority", "-keyout", certificates.FilePath("ca-key.pem"),
            "-out", certificates.FilePath("ca-cert.pem"));
        await certificates.SignAsync("server", "server.test");
        await certificates.SignAsync("client", "client.test");
        return certificates;
    }

    internal string FilePath(string name) => directory.FilePath(name);

    public void Dispose() => directory.Dispose();

    private async Task SignAsync(string role, string name)
    {
        var (request, extensions) = (FilePath($"{role}.csr"), FilePath($"{role}.ext"));
        await File.WriteAllTextAsync(extensions, $"subjectAltName=DNS:{name}\n");
        await RunAsync(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", $"/CN={name}", "-keyout", FilePath($"{role}-key.pem"), "-out", request);
        await RunAsync(
            "x509", "-req", "-in", request, "-days", "2", "-CA", FilePath("ca-cert.pem"),
            "-CAkey", FilePath("ca-key.pem"), "-CAcreateserial", "-extfile", extensions,
            "-out", FilePath($"{role}-cert.pem"));
    }

    private static async Task RunAsync(params string[] arguments)
    {
        var (exitCode, said) = await PeerProcess.RunAsync("openssl", arguments);
        if (exitCode != 0)
        {
            throw new InvalidOperationException($"openssl {arguments[0]}: {said}");
        }
    }
}

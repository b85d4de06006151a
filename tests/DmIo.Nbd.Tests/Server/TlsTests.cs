using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Event;
using DmIo.Actors.Protocol;
using DmIo.Nbd.Client;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

/// <summary>TLS connections and the authorization of clients.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TemporaryDirectory home = new();
    private readonly TestAuthority authority;
    private readonly NbdTlsOptions options;

    public TlsTests()
    {
        authority = new TestAuthority(home);
        options = authority.ServeAs(NbdTlsMode.Required);
    }

    public void Dispose()
    {
        authority.Dispose();
        home.Dispose();
    }

    [Theory]
    [InlineData(NbdTlsMode.Offered)]
    [InlineData(NbdTlsMode.Required)]
    public async Task Data_passes_through_TLS(NbdTlsMode mode)
    {
        await using var served = await ServedDisks.WithDiskAsync(tls: options with { Mode = mode });
        using var client = await SecureAsync(served);
        await GoAsync(client, "disk");
        var data = CommandTests.NewData((1 << 20) + 512);

        Assert.Equal(NbdError.None, await client.WriteAsync(4096, data));
        Assert.Equal(data, await client.ReadAsync(4096, data.Length));

        Assert.True(Assert.Single((await served.Server.GetStatusAsync().InTime()).Connections).IsTls);
    }

    [Theory]
    [InlineData("1703030010000102030405060708090A0B0C0D0E0F")]
    [InlineData("170303FFFF00")]
    [InlineData("1703030040001122")]
    public async Task Bytes_that_are_not_TLS_end_only_their_connection(string bytes)
    {
        await using var served = await ServedDisks.WithDiskAsync(tls: options);
        using var other = await SecureAsync(served);
        await GoAsync(other, "disk");
        using (var client = await SecureAsync(served))
        {
            await GoAsync(client, "disk");
            await client.SendUnencryptedAsync(Convert.FromHexString(bytes));
        }

        await served.StatusWhenAsync(status => status.Connections.Count == 1);
        Assert.Equal(NbdError.None, await other.WriteAsync(0, CommandTests.NewData(512)));
    }

    [Fact]
    public async Task A_new_certificate_is_used_for_new_connections()
    {
        await using var served = await ServedDisks.WithDiskAsync(tls: options);
        using (await SecureAsync(served))
        {
        }

        authority.ServeAs(NbdTlsMode.Required, "renewed.example");

        using var client = await SecureAsync(served, "renewed.example");
    }

    [Fact]
    public async Task A_new_certificate_is_used_if_only_a_link_in_its_path_changed()
    {
        string[] files = ["server-cert.pem", "server-key.pem"];
        var time = DateTime.UtcNow;
        Publish("first");
        foreach (var file in files)
        {
            File.CreateSymbolicLink(home.FilePath($"linked-{file}"), $"live/{file}");
        }

        await using var served = await ServedDisks.WithDiskAsync(tls: options with
        {
            CertificateFile = home.FilePath("linked-server-cert.pem"),
            KeyFile = home.FilePath("linked-server-key.pem"),
        });
        using (await SecureAsync(served))
        {
        }

        authority.ServeAs(NbdTlsMode.Required, "renewed.example");
        Directory.Delete(home.FilePath("live"));
        Publish("second");

        using var client = await SecureAsync(served, "renewed.example");

        // With equal times and sizes.
        void Publish(string name)
        {
            Directory.CreateDirectory(home.FilePath(name));
            foreach (var file in files)
            {
                File.WriteAllText(
                    home.FilePath($"{name}/{file}"), File.ReadAllText(home.FilePath(file)).PadRight(4096, '\n'));
                File.SetLastWriteTimeUtc(home.FilePath($"{name}/{file}"), time);
            }

            Directory.CreateSymbolicLink(home.FilePath("live"), name);
        }
    }

    [Fact]
    public async Task An_invalid_certificate_leaves_the_old_one_in_use()
    {
        await using var served = await ServedDisks.WithDiskAsync(tls: options);
        File.WriteAllText(options.CertificateFile, "no certificate");

        using var client = await SecureAsync(served);
    }

    [Fact]
    public async Task A_client_without_a_required_certificate_is_refused()
    {
        await using var served = await ServedDisks.WithDiskAsync(
            tls: options with { ClientAuthorityFile = authority.AuthorityFile });
        var fault = await Record.ExceptionAsync(async () =>
        {
            using var client = await SecureAsync(served);
            await GoAsync(client, "disk");
        });

        Assert.NotNull(fault);
        Assert.IsNotType<TimeoutException>(fault);
    }

    [Fact]
    public async Task A_client_can_list_and_use_only_the_exports_of_its_name()
    {
        await using var served = await ServedDisks.WithDiskAsync(tls: options with
        {
            ClientAuthorityFile = authority.AuthorityFile,
            ClientExports = new Dictionary<string, IReadOnlyList<string>> { ["alice"] = ["disk"], ["bob"] = [] },
        });
        using var alice = authority.NewClient("alice");
        using var bob = authority.NewClient("bob");

        using var allowed = await SecureAsync(served, certificate: alice);
        using var refused = await SecureAsync(served, certificate: bob);

        Assert.Equal(2, (await allowed.OptionAsync(NbdOption.List)).Count);
        Assert.Single(await refused.OptionAsync(NbdOption.List));
        await GoAsync(allowed, "disk");
        Assert.Equal(
            OptionReplyType.ErrorUnknown,
            Assert.Single(await refused.OptionAsync(
                NbdOption.Go, new ExportRequest("disk", []).ToBytes())).Type);
    }

    [Theory]
    [InlineData(-5, "expired at ")]
    [InlineData(5, "is not valid before ")]
    public async Task Certificates_outside_their_dates_are_logged_at_the_start(int beginDays, string fault)
    {
        using var other = new TestAuthority(home, "Another authority", beginDays);
        var tls = other.ServeAs(NbdTlsMode.Required) with { ClientAuthorityFile = other.AuthorityFile };
        await using var started = await ServedDisks.StartAsync(logLevel: "WARNING");
        var log = new EventProbe(started.System, typeof(Warning));

        await using var server = await NbdServer.StartAsync(
            started.System, new NbdServerOptions { EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Tls = tls });

        Assert.Contains($"The certificate of '{tls.CertificateFile}' {fault}", await NextAsync(log));
        Assert.Contains($"The authority of '{other.AuthorityFile}' {fault}", await NextAsync(log));
    }

    [Fact]
    public async Task A_client_without_required_TLS_is_logged()
    {
        await using var served = await StartAsync(options);
        var log = new EventProbe(served.System, typeof(Warning));

        using (var client = await RawClient.ConnectAsync(served.SocketPath))
        {
            await client.OptionAsync(NbdOption.Go, new ExportRequest("disk", []).ToBytes());
        }

        Assert.Contains("is refused: it does not use TLS", await NextAsync(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_of_another_authority_is_logged_with_its_subject_and_the_chain_error()
    {
        using var other = new TestAuthority(home, "Another authority");
        using var mallory = other.NewClient("mallory");
        await using var served = await StartAsync(options with { ClientAuthorityFile = authority.AuthorityFile });
        var log = new EventProbe(served.System, typeof(Warning));

        await RefusedAsync(served, mallory);

        var warning = await NextAsync(log);
        Assert.Contains("'CN=mallory' of 'CN=Another authority'", warning, StringComparison.Ordinal);
        Assert.Matches("PartialChain|UntrustedRoot", warning);
    }

    [Fact]
    public async Task A_client_without_a_required_certificate_is_logged()
    {
        await using var served = await StartAsync(options with { ClientAuthorityFile = authority.AuthorityFile });
        var log = new EventProbe(served.System, typeof(Warning));

        await RefusedAsync(served, certificate: null);

        Assert.Contains("it presented no certificate", await NextAsync(log), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bob", "disk", "('CN=bob') is refused: its certificate does not allow the export 'disk'")]
    [InlineData("bob", "none", "('CN=bob') is refused: there is no export 'none'")]
    [InlineData("carol", "disk", "('CN=carol') is refused: its certificate does not allow the export 'disk'")]
    [InlineData("carol", null, "('CN=carol') is refused: no export is allowed")]
    [InlineData("bob", "a\nb", "there is no export 'a?b'")]
    public async Task A_client_that_is_not_permitted_is_logged_with_its_subject(
        string name, string? export, string named)
    {
        using var certificate = authority.NewClient(name);
        await using var served = await StartAsync(options with
        {
            ClientAuthorityFile = authority.AuthorityFile,
            ClientExports = new Dictionary<string, IReadOnlyList<string>> { ["bob"] = ["other"] },
        });
        var log = new EventProbe(served.System, typeof(Warning));

        using (var client = await SecureAsync(served, certificate: certificate))
        {
            await client.OptionAsync(
                export is null ? NbdOption.List : NbdOption.Go,
                export is null ? null : new ExportRequest(export, []).ToBytes());
        }

        Assert.Contains(named, await NextAsync(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_authority_without_a_certificate_is_refused()
    {
        var fault = await RefusedStartAsync(options with { ClientAuthorityFile = options.KeyFile });

        Assert.Contains($"'{options.KeyFile}' contains no certificate", fault, StringComparison.Ordinal);
        Assert.Contains("private key", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_authorities_without_an_authority_is_refused()
    {
        var fault = await RefusedStartAsync(options with { ClientAuthorityFile = options.CertificateFile });

        Assert.Contains(options.CertificateFile, fault, StringComparison.Ordinal);
        Assert.Contains("contains no certificate of an authority", fault, StringComparison.Ordinal);
        Assert.Contains("its issuer, 'CN=Test authority'", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_encrypted_key_is_reported()
    {
        using var key = ECDsa.Create();
        var parameters = new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1);
        File.WriteAllText(options.KeyFile, key.ExportEncryptedPkcs8PrivateKeyPem("secret", parameters));

        var fault = await RefusedStartAsync(options);

        Assert.Contains($"'{options.KeyFile}' is encrypted", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_encrypted_key_in_the_old_format_is_reported()
    {
        File.WriteAllText(options.KeyFile, """
            -----BEGIN RSA PRIVATE KEY-----
            Proc-Type: 4,ENCRYPTED
            DEK-Info: AES-128-CBC,00000000000000000000000000000000

            AAAA
            -----END RSA PRIVATE KEY-----
            """);

        var fault = await RefusedStartAsync(options);

        Assert.Contains($"'{options.KeyFile}' is encrypted", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_of_another_certificate_is_refused_naming_both_files()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(options.KeyFile, key.ExportPkcs8PrivateKeyPem());

        var fault = await RefusedStartAsync(options);

        Assert.Contains(options.KeyFile, fault, StringComparison.Ordinal);
        Assert.Contains(options.CertificateFile, fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0", "disks.example")]
    [InlineData("127.0.0.2", "disks.example")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    public async Task URIs_contain_a_name_of_the_certificate(string address, string host)
    {
        await using var served = await ServedDisks.StartAsync();
        await using var server = await NbdServer.StartAsync(served.System, new NbdServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Parse(address), 0)],
            Tls = authority.ServeAs(NbdTlsMode.Required, "disks.example"),
        });

        Assert.Equal(host, Assert.Single(server.UrisOf("disk")).Host);
    }

    [Theory]
    [InlineData("disks.example", "disks.example")]
    [InlineData("localhost", null)]
    public async Task URIs_of_a_unix_socket_contain_a_name_unless_it_is_localhost(string name, string? expected)
    {
        await using var served = await ServedDisks.WithDiskAsync(tls: authority.ServeAs(NbdTlsMode.Required, name));
        var uri = NbdUri.Parse(served.Uri());

        Assert.Equal(expected, uri.TlsHostname);
        await using var device = await NbdDevice.OpenAsync(
            new NbdDeviceOptions { Uri = uri, AuthorityFile = authority.AuthorityFile }).InTime();
        Assert.Equal(ServedDisks.SizeBytes, device.Description.Capacity.Bytes);
    }

    private static async Task<string> RefusedStartAsync(NbdTlsOptions tls)
    {
        await using var served = await ServedDisks.StartAsync();
        var refused = await Assert.ThrowsAsync<IoRefusedException>(() => NbdServer.StartAsync(
            served.System,
            new NbdServerOptions { EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Tls = tls }));
        return refused.Message;
    }

    private static async Task<ServedDisks> StartAsync(NbdTlsOptions tls)
    {
        var served = await ServedDisks.StartAsync(tls: tls, logLevel: "WARNING");
        await served.AddAsync("disk", ServedDisks.NewMemory());
        return served;
    }

    private async Task RefusedAsync(ServedDisks served, X509Certificate2? certificate)
    {
        using var client = await RawClient.ConnectAsync(served.SocketPath);
        var fault = await Record.ExceptionAsync(async () =>
        {
            await client.SecureAsync(authority.ClientOptions("localhost", certificate));
            await GoAsync(client, "disk");
        });
        Assert.NotNull(fault);
        Assert.IsNotType<TimeoutException>(fault);
    }

    private static async Task<string> NextAsync(EventProbe log) =>
        ((LogEvent)await log.NextAsync()).Message.ToString()!;

    private async Task<RawClient> SecureAsync(
        ServedDisks served, string host = "localhost", X509Certificate2? certificate = null)
    {
        var client = await RawClient.ConnectAsync(served.SocketPath);
        await client.SecureAsync(authority.ClientOptions(host, certificate));
        return client;
    }

    private static async Task GoAsync(RawClient client, string export)
    {
        var replies = await client.OptionAsync(NbdOption.Go, new ExportRequest(export, []).ToBytes());
        Assert.Equal(OptionReplyType.Ack, replies[^1].Type);
    }
}

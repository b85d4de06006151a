using System.Security.Cryptography.X509Certificates;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Tests.Peers;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

/// <summary>Encrypted connections, and who is let in.</summary>
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
    public async Task Data_go_through_it(NbdTlsMode mode)
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
    public async Task Bytes_that_are_no_TLS_end_their_connection_and_nothing_else(string bytes)
    {
        await using var served = await ServedDisks.WithDiskAsync(tls: options);
        using var other = await SecureAsync(served);
        await GoAsync(other, "disk");
        using (var client = await SecureAsync(served))
        {
            await GoAsync(client, "disk");
            await client.SendBelowAsync(Convert.FromHexString(bytes));
        }

        await served.StatusWhenAsync(status => status.Connections.Count == 1);
        Assert.Equal(NbdError.None, await other.WriteAsync(0, CommandTests.NewData(512)));
    }

    [Fact]
    public async Task A_new_certificate_is_used_for_who_comes_next()
    {
        await using var served = await ServedDisks.WithDiskAsync(tls: options);
        using (await SecureAsync(served))
        {
        }

        authority.ServeAs(NbdTlsMode.Required, "renewed.example");

        using var client = await SecureAsync(served, "renewed.example");
    }

    [Fact]
    public async Task A_new_certificate_is_used_also_where_only_a_link_on_the_way_to_it_changed()
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

        // All of one age.
        void Publish(string name)
        {
            Directory.CreateDirectory(home.FilePath(name));
            foreach (var file in files)
            {
                File.Move(home.FilePath(file), home.FilePath($"{name}/{file}"));
                File.SetLastWriteTimeUtc(home.FilePath($"{name}/{file}"), time);
            }

            Directory.CreateSymbolicLink(home.FilePath("live"), name);
        }
    }

    [Fact]
    public async Task A_broken_certificate_leaves_the_old_one_in_use()
    {
        await using var served = await ServedDisks.WithDiskAsync(tls: options);
        File.WriteAllText(options.CertificateFile, "no certificate");

        using var client = await SecureAsync(served);
    }

    [Fact]
    public async Task A_client_without_a_certificate_is_not_let_in_where_one_is_asked_for()
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
    public async Task A_client_sees_and_gets_the_exports_of_its_name_only()
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

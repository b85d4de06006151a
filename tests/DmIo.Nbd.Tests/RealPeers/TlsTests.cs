using System.Text.Json;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Server;
using Xunit;
using static DmIo.Testing.Peers.OtherProgram;

namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>The TLS of other programs (GnuTLS) with SslStream: server certificates, client certificates, and
/// none.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TemporaryDirectory home = new();
    private readonly TestAuthority authority;

    public TlsTests() => authority = new TestAuthority(home);

    public void Dispose()
    {
        authority.Dispose();
        home.Dispose();
    }

    [PeerTheory("nbdinfo")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_export_is_visible_with_TLS(bool tcp)
    {
        await using var served = await ServeAsync(NbdTlsMode.Required);

        var info = JsonDocument.Parse(
            await RunAsync("nbdinfo", "--json", Uri(served, authority.ClientDirectory(), tcp))).RootElement;

        Assert.True(info.GetProperty("TLS").GetBoolean());
        Assert.Equal("disk", info.GetProperty("exports")[0].GetProperty("export-name").GetString());
    }

    [PeerTheory("nbdinfo")]
    [InlineData("--json")]
    [InlineData("--list")]
    public async Task A_client_without_required_TLS_gets_no_information(string what)
    {
        await using var served = await ServeAsync(NbdTlsMode.Required);

        var printed = await FailAsync("nbdinfo", what, Plain(served));

        Assert.DoesNotContain($"{ServedDisks.SizeBytes}", printed, StringComparison.Ordinal);
    }

    [PeerFact("nbdinfo")]
    public async Task With_optional_TLS_the_client_decides()
    {
        await using var served = await ServeAsync(NbdTlsMode.Offered);

        Assert.Contains("\"TLS\": false", await RunAsync("nbdinfo", "--json", Plain(served)), StringComparison.Ordinal);
        Assert.Contains(
            "\"TLS\": true",
            await RunAsync("nbdinfo", "--json", Uri(served, authority.ClientDirectory())),
            StringComparison.Ordinal);
    }

    [PeerFact("nbdinfo")]
    public async Task A_client_that_requires_TLS_refuses_a_server_without()
    {
        await using var served = await ServedDisks.WithDiskAsync();
        var uri = "nbds" + served.Uri()["nbd".Length..] + "&tls-certificates=" + authority.ClientDirectory();

        await FailAsync("nbdinfo", uri);
    }

    [PeerFact("nbdinfo")]
    public async Task A_server_of_another_authority_is_not_trusted()
    {
        await using var served = await ServeAsync(NbdTlsMode.Required);
        using var other = new TestAuthority(home, "Another");

        // For a unix socket, libnbd does not verify the certificate.
        var printed = await FailAsync("nbdinfo", Uri(served, other.ClientDirectory(), tcp: true));

        Assert.Contains("certificate", printed, StringComparison.Ordinal);
    }

    [PeerTheory("nbdcopy")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Data_is_copied_with_TLS_and_back(bool tcp)
    {
        await using var served = await ServeAsync(NbdTlsMode.Required);
        var uri = Uri(served, authority.ClientDirectory(), tcp);
        var (image, back) = (served.Sample("image", seed: 9), served.Home.FilePath("back"));

        await RunAsync("nbdcopy", "--flush", image, uri);
        await RunAsync("nbdcopy", uri, back);

        Assert.Equal(await ServedDisks.ChecksumAsync(image), await ServedDisks.ChecksumAsync(back));
    }

    [PeerFact("nbdsh")]
    public async Task Invalid_requests_get_the_same_errors_with_TLS()
    {
        await using var served = await ServeAsync(NbdTlsMode.Required);

        await UnconnectedScriptAsync($"""
            h.set_uri_allow_local_file(True)
            h.add_meta_context("base:allocation")
            h.connect_uri("{Uri(served, authority.ClientDirectory())}")
            assert h.get_tls_negotiated() and h.can_meta_context("base:allocation")
            h.set_strict_mode(0)
            fails("ENOSPC", h.pwrite, b"x" * 100000, h.get_size())
            fails("EINVAL", h.pread, 512, 0, 1 << 9)
            h.pwrite(b"x" * (1 << 20), 512)
            assert h.pread(1 << 20, 512) == b"x" * (1 << 20)
            """);
    }

    [PeerTheory("qemu-img")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Qemu_copies_with_TLS(bool tcp)
    {
        await using var served = await ServeAsync(NbdTlsMode.Required);
        var image = served.Sample("image", seed: 10);
        var place = served.Server.UrisOf("disk")[tcp ? 1 : 0];
        var credentials = "tls-creds-x509,id=tls,endpoint=client,dir=" + authority.ClientDirectory();
        var there = (tcp ? $"driver=nbd,host={place.Host},port={place.Port}" : $"driver=nbd,path={place.SocketPath}")
            + ",export=disk,tls-creds=tls,tls-hostname=localhost";

        await RunAsync(
            "qemu-img", "convert", "-n", "--object", credentials, "--target-image-opts", "-f", "raw", image, there);
        await RunAsync(
            "qemu-img", "compare", "--object", credentials, "--image-opts", "driver=raw,file.filename=" + image, there);
    }

    [PeerFact("nbdinfo")]
    public async Task A_client_without_a_required_certificate_is_refused()
    {
        await using var served = await ServeAsync(
            NbdTlsMode.Required, options => options with { ClientAuthorityFile = authority.AuthorityFile });
        using var other = new TestAuthority(home, "Another");

        await RunAsync("nbdinfo", Uri(served, authority.ClientDirectory("alice")));
        await FailAsync("nbdinfo", Uri(served, authority.ClientDirectory()));
        await FailAsync("nbdinfo", Uri(served, WithCertificateOf(other, "alice")));
    }

    [PeerFact("nbdinfo")]
    public async Task A_client_can_list_and_use_the_exports_of_its_name()
    {
        await using var served = await ServeAsync(NbdTlsMode.Required, options => options with
        {
            ClientAuthorityFile = authority.AuthorityFile,
            ClientExports = new Dictionary<string, IReadOnlyList<string>> { ["alice"] = ["disk"], ["bob"] = ["other"] },
        });
        await served.AddAsync("other", new MemoryDevice(ByteSize.FromMiB(1)));

        var list = await RunAsync(
            "nbdinfo", "--list", "--json", Uri(served, authority.ClientDirectory("bob"), export: ""));
        Assert.Contains("\"other\"", list, StringComparison.Ordinal);
        Assert.DoesNotContain("\"disk\"", list, StringComparison.Ordinal);
        await FailAsync("nbdinfo", "--size", Uri(served, authority.ClientDirectory("bob")));
        await RunAsync("nbdinfo", "--size", Uri(served, authority.ClientDirectory("alice")));
        await FailAsync("nbdinfo", "--size", Uri(served, authority.ClientDirectory("carol")));
    }

    [PeerFact("nbdinfo")]
    public async Task A_new_certificate_is_used_for_new_connections()
    {
        await using var served = await ServeAsync(NbdTlsMode.Required);
        using var next = new TestAuthority(home, "The next");
        var directory = next.ClientDirectory();
        await FailAsync("nbdinfo", "--size", Uri(served, directory, tcp: true));

        next.ServeAs(NbdTlsMode.Required);

        await RunAsync("nbdinfo", "--size", Uri(served, directory, tcp: true));
    }

    private static string Plain(ServedDisks served) =>
        NbdUri.Unix(served.SocketPath, "disk").ToString();

    private static string Uri(ServedDisks served, string directory, bool tcp = false, string export = "disk") =>
        $"{served.Uri(tcp, export)}{(tcp ? '?' : '&')}tls-certificates={directory}";

    private string WithCertificateOf(TestAuthority other, string name)
    {
        var directory = other.ClientDirectory(name);
        File.Copy(authority.AuthorityFile, Path.Combine(directory, "ca-cert.pem"), overwrite: true);
        return directory;
    }

    private Task<ServedDisks> ServeAsync(NbdTlsMode mode, Func<NbdTlsOptions, NbdTlsOptions>? change = null)
    {
        var options = authority.ServeAs(mode);
        return ServedDisks.WithDiskAsync(tls: change?.Invoke(options) ?? options);
    }
}

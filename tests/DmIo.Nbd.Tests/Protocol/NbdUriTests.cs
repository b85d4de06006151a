using Xunit;

namespace DmIo.Nbd.Tests.Protocol;

public sealed class NbdUriTests
{
    [Theory]
    [InlineData("nbd://example.com/disk", "example.com", 10809, "disk", false)]
    [InlineData("nbd://example.com", "example.com", 10809, "", false)]
    [InlineData("nbd://example.com//disk", "example.com", 10809, "/disk", false)]
    [InlineData("nbd://example.com/hello%20world", "example.com", 10809, "hello world", false)]
    [InlineData("nbds://[::1]:4711/a/b", "::1", 4711, "a/b", true)]
    [InlineData("NBD://Example.COM:/a/../b", "example.com", 10809, "a/../b", false)]
    [InlineData("nbd://h/.", "h", 10809, ".", false)]
    [InlineData("nbd://h/%2E%2E/a\\b%23", "h", 10809, "../a\\b#", false)]
    [InlineData("nbd://bücher.example/x", "xn--bcher-kva.example", 10809, "x", false)]
    [InlineData("nbd://[fe80::1%255]/x", "fe80::1%5", 10809, "x", false)]
    public void A_TCP_URI_has_host_port_and_export(string text, string host, int port, string export, bool isTls)
    {
        var uri = NbdUri.Parse(text);

        Assert.Equal((host, port, export, isTls), (uri.Host, uri.Port, uri.Export, uri.IsTls));
        Assert.Equal(uri, NbdUri.Parse(uri.ToString()));
    }

    [Theory]
    [InlineData("nbd+unix:///disk?socket=/run/nbd.sock", "/run/nbd.sock", "disk", false)]
    [InlineData("nbds+unix:///?socket=nbd.sock&tls-hostname=here", "nbd.sock", "", true)]
    [InlineData("nbd+unix:///?socket=%00/abstract", "\0/abstract", "", false)]
    public void A_unix_URI_has_socket_and_export(string text, string socket, string export, bool isTls)
    {
        var uri = NbdUri.Parse(text);

        Assert.Equal((socket, export, isTls), (uri.SocketPath, uri.Export, uri.IsTls));
        Assert.Equal(uri, NbdUri.Parse(uri.ToString()));
    }

    [Theory]
    [InlineData("http://example.com/disk", "is not an NBD URI")]
    [InlineData("nbd:///disk", "has no host")]
    [InlineData("nbd+unix:///disk", "has no socket")]
    [InlineData("nbd+unix://host/disk?socket=s", "has the host 'host' and a unix socket")]
    [InlineData("nbd://h/disk?tls-hostname=x", "the unsupported parameter 'tls-hostname=x'")]
    [InlineData("nbd://h/disk?socket=x", "the unsupported parameter 'socket=x'")]
    [InlineData("nbd://alice@h/disk", "has a user")]
    [InlineData("nbd://h:0/disk", "the port '0'")]
    [InlineData("nbd://h:65536/disk", "the port '65536'")]
    [InlineData("nbd://::1/disk", "the host ':'")]
    [InlineData("nbd://[h]/disk", "the host '[h]'")]
    [InlineData("nbd://a b/disk", "the host 'a b'")]
    [InlineData("nbd://h/disk#1", "has a '#'")]
    [InlineData("nbd://h/a%00", "contains NUL")]
    [InlineData("nbd+unix:///?socket=a%00b", "contains NUL after its first character")]
    [InlineData("nbds://h/d?tls-verify-peer=2", "the unsupported parameter 'tls-verify-peer=2'")]
    public void An_invalid_URI_is_refused_with_the_cause(string text, string fault)
    {
        var refusal = Assert.Throws<FormatException>(() => NbdUri.Parse(text));

        Assert.Contains(text, refusal.Message);
        Assert.Contains(fault, refusal.Message);
        Assert.False(NbdUri.TryParse(text, out _));
    }

    [Fact]
    public void An_unpaired_surrogate_is_not_part_of_a_URI()
    {
        Assert.False(NbdUri.TryParse("nbd://h/\ud800", out _));
        Assert.False(NbdUri.TryParse("nbd://\ud800/disk", out _));
        Assert.False(NbdUri.TryParse("nbd+unix:///?socket=\udc00", out _));
        Assert.Throws<ArgumentException>("export", () => NbdUri.Tcp("h", 1, "\ud800"));
    }

    [Fact]
    public void A_host_that_is_not_a_valid_name_is_refused()
    {
        var host = string.Join('.', Enumerable.Repeat("abcdefg", 40));

        Assert.False(NbdUri.TryParse($"nbd://{host}/disk", out _));
        Assert.Throws<ArgumentException>("host", () => NbdUri.Tcp(host, 1, "disk"));
        Assert.Throws<ArgumentException>("socketPath", () => NbdUri.Unix($"/{host}", "disk"));
    }
}

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
    public void A_tcp_uri_names_host_port_and_export(string text, string host, int port, string export, bool isTls)
    {
        var uri = NbdUri.Parse(text);

        Assert.Equal((host, port, export, isTls), (uri.Host, uri.Port, uri.Export, uri.IsTls));
        Assert.Equal(uri, NbdUri.Parse(uri.ToString()));
    }

    [Theory]
    [InlineData("nbd+unix:///disk?socket=/run/nbd.sock", "/run/nbd.sock", "disk", false)]
    [InlineData("nbds+unix:///?socket=nbd.sock&tls-hostname=here", "nbd.sock", "", true)]
    [InlineData("nbd+unix:///?socket=%00/abstract", "\0/abstract", "", false)]
    public void A_unix_uri_names_socket_and_export(string text, string socket, string export, bool isTls)
    {
        var uri = NbdUri.Parse(text);

        Assert.Equal((socket, export, isTls), (uri.SocketPath, uri.Export, uri.IsTls));
        Assert.Equal(uri, NbdUri.Parse(uri.ToString()));
    }

    [Theory]
    [InlineData("http://example.com/disk", "is not an NBD URI")]
    [InlineData("nbd:///disk", "names no host")]
    [InlineData("nbd+unix:///disk", "names no socket")]
    [InlineData("nbd+unix://host/disk?socket=s", "names the host 'host' and a unix socket")]
    [InlineData("nbd://h/disk?tls-hostname=x", "'tls-hostname=x', which means nothing here")]
    [InlineData("nbd://h/disk?socket=x", "'socket=x', which means nothing here")]
    [InlineData("nbds://h/d?tls-verify-peer=2", "'tls-verify-peer=2', which means nothing here")]
    public void What_is_none_is_refused_with_its_fault(string text, string fault)
    {
        var refusal = Assert.Throws<FormatException>(() => NbdUri.Parse(text));

        Assert.Contains(text, refusal.Message);
        Assert.Contains(fault, refusal.Message);
        Assert.False(NbdUri.TryParse(text, out _));
    }
}

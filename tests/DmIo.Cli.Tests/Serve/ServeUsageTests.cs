using System.Net;
using DmIo.Cli.Arguments;
using DmIo.Cli.Tests.Support;
using DmIo.Nbd;
using Xunit;

namespace DmIo.Cli.Tests.Serve;

/// <summary>Wrong usage of <c>dmio serve</c>: exit code 2 and one line on standard error.</summary>
public sealed class ServeUsageTests
{
    [Theory]
    [InlineData("", "--export")]
    [InlineData("--export disk.img", "NAME=DEVICE")]
    [InlineData("--export disk=", "names no device")]
    [InlineData("--export disk=mem:1MiB,", "one of them empty")]
    [InlineData(
        "--export disk=a.img,b.img",
        "create it with dmio volume create disk --leg a.img --leg b.img, then serve --export disk=vol:a.img,b.img.")]
    [InlineData("--export a=mem:1MiB --export a=mem:2MiB", "2 times")]
    [InlineData("--export a=mem:1MiB --default b", "the exports are 'a'")]
    [InlineData("--export a=no-such-file", "--create")]
    [InlineData("--export a=no-such-file --read-only", "no-such-file")]
    [InlineData("--export a=mem:lots", "mem:64MiB")]
    [InlineData("--export a=mem:1MiB --read-only --create 1MiB", "--create")]
    [InlineData("--export a=mem:1MiB --pages 63", "from 64")]
    [InlineData("--export a=mem:1MiB --max-connections 0", "--max-connections")]
    [InlineData("--export a=mem:1MiB --idle-timeout 5", "500ms")]
    [InlineData("--export a=mem:1MiB --listen 10809", "127.0.0.1:10809")]
    [InlineData("--export a=mem:1MiB --listen example.org:1", "'example.org'")]
    [InlineData("--export a=mem:1MiB --listen 127.0.0.1:65536", "'65536'")]
    [InlineData("--export a=mem:1MiB --listen 0.0.0.0:10809", "--insecure")]
    [InlineData("--export a=mem:1MiB --listen [::]:10809", "--insecure")]
    [InlineData("--export a=mem:1MiB --listen 10.0.0.1 --tls offered --tls-cert c --tls-key k", "--tls required")]
    [InlineData("--export a=mem:1MiB --tls on", "off, offered, required")]
    [InlineData("--export a=mem:1MiB --tls required", "--tls-cert FILE and --tls-key FILE")]
    [InlineData("--export a=mem:1MiB --tls-cert cert.pem", "--tls-key")]
    [InlineData("--export a=mem:1MiB --tls-ca ca.pem", "--tls required")]
    [InlineData("--export a=mem:1MiB --tls off --tls-cert c --tls-key k", "without TLS")]
    [InlineData("--export a=mem:1MiB --tls offered --tls-cert c --tls-key k --tls-ca a", "with --tls offered:")]
    [InlineData("--export a=mem:1MiB --tls-cert c --tls-key k --tls-allow x=a", "--tls-ca")]
    [InlineData("--export a=mem:1MiB --tls-cert c --tls-key k --tls-ca b --tls-allow x=b", "the exports are 'a'")]
    [InlineData("--export a=mem:1MiB --tls-cert c --tls-key k --tls-ca b --tls-allow x", "'x' is not CLIENT=EXPORT")]
    [InlineData("--export a=mem:1MiB --tls-cert c --tls-key k --tls-ca b --tls-allow x=", "'x=' is not CLIENT=EXPORT")]
    [InlineData("--export a=mem:1MiB --tls-cert . --tls-key k", "'.' is a directory; specify a PEM file")]
    [InlineData("--export a=mem:1MiB --unix /", "it is a directory")]
    [InlineData("--export a=mem:1MiB --tls-cert c --tls-key k --tls-ca b --tls-allow x=a,b", "x=b names no export")]
    public async Task It_is_refused_in_one_line_that_names_the_error(string arguments, string named)
    {
        var result = await Command.RunAsync(["serve", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("dmio serve: ", result.Error);
        Assert.Contains(named, result.Error);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("--monitor", "--monitor '' is empty; give the path of a socket.")]
    [InlineData("--tls-cert", "the path of a PEM file is empty")]
    public async Task An_empty_path_is_refused(string option, string named)
    {
        string[] tls = option == "--tls-cert" ? ["--tls-key", "k"] : [];
        var result = await Command.RunAsync(["serve", "--export", "a=mem:1MiB", .. tls, option, ""]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(named, result.Error);
    }

    [Fact]
    public async Task A_socket_path_that_is_too_long_is_refused_with_the_limit()
    {
        var result = await Command.RunAsync(
            "serve", "--export", "a=mem:1MiB", "--unix", $"/tmp/{new string('x', 200)}");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("about 107", result.Error);
    }

    [Theory]
    [InlineData("--unix")]
    [InlineData("--monitor")]
    public async Task A_socket_whose_directory_is_missing_is_refused_with_its_name(string option)
    {
        using var directory = new TempDirectory();
        var missing = directory.PathOf("none");

        var result = await Command.RunAsync(
            "serve", "--export", "a=mem:1MiB", "--listen", "127.0.0.1:0", option, Path.Combine(missing, "a.sock"));

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains($"there is no directory '{missing}'", result.Error);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1:10809")]
    [InlineData("127.0.0.1:0", "127.0.0.1:0")]
    [InlineData("localhost:1234", "127.0.0.1:1234")]
    [InlineData("[::1]:1234", "[::1]:1234")]
    [InlineData("[::1]", "[::1]:10809")]
    [InlineData("::1", "[::1]:10809")]
    public void An_address_has_the_given_port_or_that_of_NBD(string text, string expected) =>
        Assert.Equal(IPEndPoint.Parse(expected), NbdAddress.ParseIP(text));

    [Fact]
    public void The_first_equals_sign_ends_the_name_of_an_export()
    {
        var export = ExportArgument.Parse("disk=nbd+unix:///a?socket=/s");

        Assert.Equal("disk", export.Name);
        Assert.Equal("nbd+unix:///a?socket=/s", export.Device);
    }

    [Fact]
    public void An_export_may_have_an_empty_name() => Assert.Equal("", ExportArgument.Parse("=disk").Name);
}

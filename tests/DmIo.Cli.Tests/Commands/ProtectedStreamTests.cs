using DmIo.Cli.Tests.Support;
using DmIo.Native;
using Xunit;

namespace DmIo.Cli.Tests.Commands;

/// <summary>A standard stream that is a file of the command line is not written, not even with a refusal: text would
/// overwrite the contents of the file.</summary>
[Collection("service")]
public sealed class ProtectedStreamTests : IDisposable
{
    private const int Seed = 4321;

    private readonly TempDirectory directory = new();
    private readonly byte[] content;

    public ProtectedStreamTests()
    {
        directory.Fill("a.img", 8192, Seed);
        content = directory.Read("a.img");
        directory.Write(
            "c.conf", $"dmio.devices.left {{ backend = file, path = \"{directory.PathOf("a.img")}\" }}");
    }

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("write --json --region a.img@0+8 --from c.conf 1<> a.img")]
    [InlineData("write --json --region a.img@0+8 --from no-such-file 1<> a.img")]
    [InlineData("write --region a.img@0+8 --from c.conf --json --color 1<> a.img")]
    [InlineData("wriet --region a.img@0+8 --json 1<> a.img")]
    [InlineData("flush --region a.img@0 --json 1<> a.img")]
    [InlineData("read --json --region a.img@0+8 --to x.img >> a.img")]
    [InlineData("devices --config c.conf --json 1<> a.img")]
    [InlineData("devices a.img --json 1<> a.img")]
    [InlineData("bench --region a.img@0 --operation read --json 1<> a.img")]
    [InlineData("serve --export a=mem:1MiB,a.img --unix s.sock --json 1<> a.img")]
    public async Task A_refusal_does_not_go_to_standard_output_that_is_a_device(string command)
    {
        var result = await DmioProcess.RunAsync(directory, $"exec dmio {command}");

        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.Equal(content, directory.Read("a.img"));
        Assert.StartsWith("dmio", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("flush --region a.img@0 -vv 2>> a.img", "dmio flush: ")]
    [InlineData("read --region a.img@0+8 --to x.img 2<> a.img", "dmio read: ")]
    [InlineData("read --region a.img@0+8 --to x.img --json 2<> a.img", "{\"refused\":")]
    [InlineData("read --region a.img@0+8 2<> a.img", "")]
    [InlineData("serve --export a=a.img --unix s.sock 2>> a.img", "dmio serve: ")]
    [InlineData("serve --export a=left --config c.conf -vv --unix s.sock 2>> a.img", "dmio serve: ")]
    [InlineData("devices --config c.conf -vv 2>> a.img", "dmio devices: ")]
    public async Task A_refusal_does_not_go_to_standard_error_that_is_a_device(string command, string printed)
    {
        var result = await DmioProcess.RunAsync(directory, $"exec dmio {command}");

        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.Equal(content, directory.Read("a.img"));
        Assert.StartsWith(printed, result.Output, StringComparison.Ordinal);
        Assert.Equal(printed.Length == 0, result.Output.Length == 0);
    }

    [Fact]
    public async Task The_configuration_is_protected_like_a_device()
    {
        var before = directory.Read("c.conf");

        var result = await DmioProcess.RunAsync(directory, "exec dmio devices --config c.conf --json 1<> c.conf");

        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.Equal(before, directory.Read("c.conf"));
        Assert.Contains("are one file", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task If_both_streams_are_the_device_only_the_exit_code_reports_the_refusal()
    {
        var file = FileIdentity.Of(directory.PathOf("a.img"));
        using var streams = new TestStreams { OutputFile = file, ErrorFile = file };

        var result = await Command.RunAsync(
            streams, "flush", "--region", $"{directory.PathOf("a.img")}@0", "--json");

        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task Streams_that_are_other_files_are_written()
    {
        var result = await DmioProcess.RunAsync(
            directory, "exec dmio flush --region a.img@0+x --json > report 2> errors");

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("{\"refused\":", File.ReadAllText(directory.PathOf("report")), StringComparison.Ordinal);
        Assert.StartsWith("dmio flush: ", File.ReadAllText(directory.PathOf("errors")), StringComparison.Ordinal);
    }
}

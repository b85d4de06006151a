using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Commands;

/// <summary>The file of <c>--config</c>: a mistake is refused with its line, and no setting is silently
/// ignored.</summary>
[Collection("service")]
public sealed class ConfigFileTests : IDisposable
{
    private const string Disk = "backend = memory\nsize = 4KiB";

    private readonly TempDirectory directory = new();

    public static TheoryData<string, string> Mistakes => new()
    {
        { $"dmio {{\ndevices {{\ndisk {{\n{Disk}\n}}\n", "the '{' of line 2 is not closed" },
        {
            $"akka {{ loglevel = INFO\ndmio {{\ndevices {{\ndisk {{\n{Disk}\n}}\n}}\n}}\n",
            "the '{' of line 1 is not closed"
        },
        { $"akka {{ loglevel = INFO\ndmio.devices.disk {{\n{Disk}\n}}\n}}\n", "'akka.dmio' has no effect" },
        { $"akka {{ }}\n}}\ndmio.devices.disk {{\n{Disk}\n}}\n", "the '}' of line 2 closes nothing" },
        { $"dmio.devices.disk {{\n{Disk}\nfaults = [ {{ errno = 5 ]\n}}\n", "the ']' of line 4 does not close" },
        { $"dmio.devices.disk {{\n{Disk}\nfaults = [ errno = 5 ]\n}}\n", "line 4 has a '=' in a list" },
        { "dmio.nbd-servers.a { listen = [ 127.0.0.1:0 ], exports { } }", "line 1 has a ':' in a list" },
        { "dmio.http.socket = \"x\ndmio.devices.disk { }", "that begins on line 1 does not end on that line" },
        { $"DMIO.devices.disk {{\n{Disk}\n}}\n", "'DMIO' has no effect: keys are case-sensitive. Write dmio." },
        { $"devices.disk {{\n{Disk}\n}}\n", "write dmio.devices." },
        { $"disk {{\n{Disk}\n}}\n", "write dmio.devices.disk." },
        { $"dimo.devices.disk {{\n{Disk}\n}}\n", "has neither a block dmio nor a block akka" },
        { "include \"other.conf\"\ndmio { }", "line 1 includes another file, which is not supported" },
        { "akka { }\ndmio { include file(\"other.conf\") }", "line 2 includes another file, which is not supported" },
        { "akka { } include # why\n\"other.conf\"", "line 1 includes another file" },
        { "akka { }\ninclude\"other.conf\"", "line 2 includes another file" },
        { "include package(\"other.conf\")\nakka { }", "line 1 includes another file" },
        { "include other.conf\nakka { }", "line 1 includes another file" },
        { $"a = {new string('{', 200)}", "line 1 nests more than 100 brackets" },
        { $"dmio.devices.disk {{ backend = memory\n, size = 4KiB }}", "line 2 cannot be parsed at ', size = 4KiB" },
        { $"{string.Join('.', Enumerable.Repeat("a", 101))} = 1", "line 1 has a key of more than 100 parts" },
        {
            $"dmio.devices {{\n disk {{\n{Disk}\n }}, other {{\n{Disk}\n}}\n}}\n",
            "line 5 cannot be parsed at ', other {'. Leave out the comma after a block."
        },
        { "", "has neither a block dmio nor a block akka" },
        { "dmio.pool.max-pages = 4", "has no device" },
    };

    public void Dispose() => directory.Dispose();

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_refused_with_its_line(string hocon, string fault)
    {
        var result = await Command.RunAsync("devices", "--config", directory.Write("dmio.conf", hocon));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(fault, result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    [Fact]
    public async Task Brackets_in_strings_and_comments_are_ignored()
    {
        var config = directory.Write("dmio.conf", $$""""
            # } ] " {
            base = "4" // {
            dmio.devices {
              "a}\"{" { # why: {
                backend = memory
                size = ${base}KiB # }
                faults = [ { errno = 5, operations = [ "read" ] } ] # [
              }
              b { backend = """memory""", size = 4KiB } // }
            }
            """");

        var result = await Command.RunAsync("devices", "--config", config, "--json");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(
            ["a}\"{", "b"],
            result.Json.GetProperty("devices").EnumerateArray()
                .Select(device => device.GetProperty("device").GetString()));
    }

    [Theory]
    [InlineData("include = 1")]
    [InlineData("include { x = 1 }")]
    [InlineData("include-this = 1")]
    [InlineData("include.this = 1")]
    [InlineData("x =\n  include")]
    [InlineData("x = [ a, include ]")]
    [InlineData("x = \"include\"")]
    public async Task A_key_or_a_value_that_is_called_include_is_no_include(string hocon)
    {
        var config = directory.Write("dmio.conf", $"akka {{ {hocon} }}\ndmio.devices.disk {{\n{Disk}\n}}");

        var result = await Command.RunAsync("devices", "--config", config);

        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [Fact]
    public async Task A_missing_device_is_not_used_as_a_path()
    {
        var config = MissingConfig();

        var result = await Command.RunAsync(
            new TestStreams { Input = new MemoryStream(new byte[512]) },
            "write", "--region", "gone@0", "--create", "4KiB", "--config", config);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("'gone' of --config is missing", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists("gone"));
    }

    [Fact]
    public async Task A_missing_device_does_not_stop_commands_on_other_devices()
    {
        var result = await Command.RunAsync(
            "zero", "--region", "disk@0+8", "--config", MissingConfig(), "--json");

        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [Fact]
    public async Task Devices_shows_missing_devices_with_the_reason()
    {
        var json = await Command.RunAsync("devices", "--config", MissingConfig(), "--json");
        var table = await Command.RunAsync("devices", "--config", MissingConfig());

        var missing = Assert.Single(json.Json.GetProperty("missing").EnumerateArray());
        Assert.Equal("gone", missing.GetProperty("device").GetString());
        Assert.Contains("no/disk.img", missing.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Contains("gone is missing: ", table.Output, StringComparison.Ordinal);
        Assert.Equal((0, 0), (json.ExitCode, table.ExitCode));
    }

    private string MissingConfig() => directory.Write("dmio.conf", $$"""
        dmio.devices {
          disk { backend = memory, size = 4KiB }
          gone { backend = file, path = "{{directory.PathOf("no/disk.img")}}", on-missing = skip }
        }
        """);
}

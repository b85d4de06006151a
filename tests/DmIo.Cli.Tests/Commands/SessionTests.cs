using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Commands;

/// <summary>The files and devices of a command, its settings, its log and its progress.</summary>
[Collection("service")]
public sealed class SessionTests : IDisposable
{
    private const int Seed = 815;

    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_refused_command_leaves_no_file_that_it_created()
    {
        var data = directory.Fill("data", 4096, Seed);

        var result = await Command.RunAsync(
            "write", "--region", $"{File("new")}@0", "--from", data, "--create", "2KiB");

        Assert.Equal(2, result.ExitCode);
        Assert.False(System.IO.File.Exists(File("new")));
    }

    [Theory]
    [InlineData("write --region mem:4KiB@0 --from")]
    [InlineData("read --region mem:4KiB@0 --to")]
    [InlineData("devices --config")]
    [InlineData("serve --export a=mem:4KiB --listen 127.0.0.1:0 --tls required --tls-key key --tls-cert")]
    public async Task A_dangling_link_is_refused_with_its_target(string command)
    {
        System.IO.File.CreateSymbolicLink(File("link"), "missing/target");

        var result = await Command.RunAsync([.. command.Split(' '), File("link")]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"it is a symbolic link to '{File("missing/target")}', which does not exist", result.Error);
    }

    [Fact]
    public async Task A_file_that_exists_keeps_its_data_and_its_size()
    {
        directory.Fill("disk", 4096, Seed);
        var before = directory.Read("disk");
        using var streams = new TestStreams { Input = new MemoryStream(new byte[512]) };

        var result = await Command.RunAsync(
            streams, "write", "--region", $"{File("disk")}@1", "--create", "2KiB");

        before.AsSpan(512, 512).Clear();
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(before, directory.Read("disk"));
    }

    [Fact]
    public async Task The_output_must_not_be_a_device_of_the_command()
    {
        directory.Fill("disk", 4096, Seed);
        var before = directory.Read("disk");

        var result = await Command.RunAsync("read", "--region", $"{File("disk")}@0", "--to", File("./disk"));

        Assert.Equal(2, result.ExitCode);
        Assert.Equal(before, directory.Read("disk"));
    }

    [Fact]
    public async Task Different_paths_of_a_file_are_one_device()
    {
        directory.Fill("disk", 8192, Seed);
        System.IO.File.CreateSymbolicLink(File("link"), File("disk"));
        string[] other = ["--region", $"{File("./disk")}@4+4", "--region", $"{File("link")}@0+4"];

        var apart = await Command.RunAsync(["zero", "--region", $"{File("disk")}@8+4", .. other, "--json"]);
        var overlapping = await Command.RunAsync(["zero", "--region", $"{File("disk")}@0+9", .. other]);

        Assert.Equal(0, apart.ExitCode);
        Assert.Equal($"{File("./disk")}", apart.Json.GetProperty("regions")[1].GetProperty("device").GetString());
        Assert.Equal(2, overlapping.ExitCode);
    }

    [Fact]
    public async Task A_path_may_look_like_a_region()
    {
        directory.Fill("a@1,b+2", 8192, Seed);

        var result = await Command.RunAsync("zero", "--region", $"{File("a@1,b+2")}@0+16", "--json");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.All(directory.Read("a@1,b+2"), value => Assert.Equal(0, value));
        Assert.Equal(File("a@1,b+2"), result.Json.GetProperty("regions")[0].GetProperty("device").GetString());
    }

    [Fact]
    public async Task Devices_shows_configured_and_named_devices()
    {
        directory.Fill("disk", 1 << 20, Seed);
        var config = directory.Write("dmio.conf", $$"""
            dmio.devices.data {
              backend = file
              path = "{{File("disk")}}"
            }
            """);

        var result = await Command.RunAsync("devices", "--config", config, "mem:64MiB", "--json");

        Assert.Equal(0, result.ExitCode);
        var devices = result.Json.GetProperty("devices").EnumerateArray()
            .ToDictionary(device => device.GetProperty("device").GetString()!);
        Assert.Equal(["data", "mem:64MiB"], devices.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(64 << 20, devices["mem:64MiB"].GetProperty("bytes").GetInt64());
        Assert.Equal("file", devices["data"].GetProperty("backend").GetString());
    }

    [Fact]
    public async Task Devices_creates_no_file_and_shows_missing_devices()
    {
        var config = directory.Write("dmio.conf", $$"""
            dmio.http.socket = "{{File("monitor")}}"
            dmio.devices {
              new {
                backend = file
                path = "{{File("new")}}"
                create-size = 1MiB
                on-missing = retry
              }
              there {
                backend = memory
                size = 4KiB
              }
            }
            """);

        var json = await Command.RunAsync("devices", "--config", config, "--json");
        var table = await Command.RunAsync("devices", "--config", config);

        Assert.True(json.ExitCode == 0, json.ToString());
        Assert.Equal([config], Directory.GetFileSystemEntries(directory.Root));
        Assert.Equal("there", json.Json.GetProperty("devices")[0].GetProperty("device").GetString());
        var missing = Assert.Single(json.Json.GetProperty("missing").EnumerateArray());
        Assert.Equal("new", missing.GetProperty("device").GetString());
        Assert.Contains("creates it with 1048576 bytes", missing.GetProperty("reason").GetString());
        Assert.Contains($"new is missing: '{File("new")}' does not exist", table.Output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("dmio.devices { }")]
    public async Task Devices_refuses_a_configuration_without_a_device_unless_one_is_named(string hocon)
    {
        var config = directory.Write("dmio.conf", $"dmio.pool.max-pages = 64\n{hocon}");

        var refused = await Command.RunAsync("devices", "--config", config);
        var named = await Command.RunAsync("devices", "--config", config, "mem:4KiB");

        Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("dmio.devices is missing or empty", refused.Error);
        Assert.Equal(0, named.ExitCode);
    }

    [Fact]
    public async Task Every_command_reports_the_bytes_after_the_last_whole_sector()
    {
        directory.Fill("a", 1000, Seed);
        directory.Fill("b", 1000, Seed);
        const string printed = "the last 488 bytes of ";
        string[] both = ["--region", $"{File("a")}@0", "--region", $"{File("b")}@0"];

        var verified = await Command.RunAsync(["verify", .. both]);
        var read = await Command.RunAsync("read", "--region", $"{File("a")}@0", "--to", File("c"), "--json");
        var zeroed = await Command.RunAsync("zero", "--region", $"{File("b")}@0");
        var devices = await Command.RunAsync("devices", File("a"));

        Assert.Equal(2, verified.Output.Split(printed).Length - 1);
        Assert.Equal(488, read.Json.GetProperty("regions")[0].GetProperty("tailBytes").GetInt32());
        Assert.Contains(printed, zeroed.Output);
        Assert.Contains(printed, devices.Output);
        Assert.Equal((512, 1000), (directory.Read("c").Length, directory.Read("b").Length));
        Assert.Equal(directory.Read("a")[512..], directory.Read("b")[512..]);
    }

    [Fact]
    public async Task A_lease_without_free_pages_is_refused_with_the_limit()
    {
        var config = directory.Write("dmio.conf", "dmio.pool.max-pages = 1");

        var result = await Command.RunAsync(
            "bench", "--region", "mem:64KiB@0", "--operation", "read", "--block-size", "4KiB", "--depth", "1",
            "--leases", "2", "--requests", "1", "--config", config);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("1 pages are not available, 0 of 1 are; ask for fewer, or raise dmio.pool", result.Error);
    }

    [Theory]
    [InlineData("inline")]
    [InlineData("threads")]
    public async Task Devices_shows_how_a_file_is_served(string mode)
    {
        directory.Fill("disk", 1 << 20, Seed);

        var json = await Command.RunAsync("devices", File("disk"), "mem:4KiB", "--device-mode", mode, "--json");
        var table = await Command.RunAsync("devices", File("disk"), "--device-mode", mode);

        var devices = json.Json.GetProperty("devices").EnumerateArray().ToDictionary(
            device => device.GetProperty("backend").GetString()!);
        Assert.Equal(mode, devices["file"].GetProperty("mode").GetString());
        Assert.Equal("inline", devices["memory"].GetProperty("mode").GetString());
        Assert.Equal(1, devices["memory"].GetProperty("memoryAlignment").GetInt32());
        Assert.Contains($" {mode} ", table.Output);
    }

    [Fact]
    public async Task Devices_shows_the_latency_target()
    {
        var config = directory.Write(
            "dmio.conf", "dmio.devices.data { backend = memory, size = 4KiB, latency-target = 500us }");

        var json = await Command.RunAsync("devices", "--config", config, "--json");
        var table = await Command.RunAsync("devices", "--config", config);

        var device = Assert.Single(json.Json.GetProperty("devices").EnumerateArray());
        Assert.Equal(0.5, device.GetProperty("latencyTargetMilliseconds").GetDouble());
        Assert.Contains("1-32 within 0.5 ms", table.Output);
    }

    [Fact]
    public async Task A_file_is_written_with_direct_IO_or_refused_with_the_reason()
    {
        var data = directory.Fill("data", 1_000_000, Seed);

        var result = await Command.RunAsync(
            "write", "--region", $"{File("disk")}@3", "--from", data, "--create", "2MiB", "--direct", "--verify");

        if (result.ExitCode == 0)
        {
            var written = System.IO.File.ReadAllBytes(File("disk")).AsSpan(3 * 512, 1_000_000);
            Assert.True(written.SequenceEqual(System.IO.File.ReadAllBytes(data)));
        }
        else
        {
            // The store has larger blocks than a sector, or no direct I/O.
            Assert.Matches("direct I/O|blocks of", result.Error + result.Output);
        }
    }

    [Fact]
    public async Task An_unknown_setting_is_refused_with_its_path()
    {
        var config = directory.Write("dmio.conf", "dmio.pool.max-pagez = 4");

        var result = await Command.RunAsync("devices", "--config", config);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("dmio.pool.max-pagez", result.Error);
    }

    [Fact]
    public async Task A_lease_beyond_the_pool_is_refused()
    {
        var config = directory.Write("dmio.conf", "dmio.pool.max-pages = 4");

        var result = await Command.RunAsync("read", "--region", "mem:4KiB@0", "--config", config, "--pages", "5");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("5", result.Error);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Progress_is_drawn_on_a_terminal_and_not_in_a_pipe(bool isTerminal)
    {
        using var streams = new TestStreams
        {
            Input = new MemoryStream(new byte[1 << 20]),
            IsErrorTerminal = isTerminal,
        };

        var result = await Command.RunAsync(streams, "write", "--region", "mem:1MiB@0", "--json");

        Assert.Equal(isTerminal, result.Error.Contains("of 1 MiB", StringComparison.Ordinal));
        Assert.Equal("0x0", result.Json.GetProperty("errors").GetString());
    }

    private string File(string name) => directory.PathOf(name);
}

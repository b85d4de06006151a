using Xunit;

namespace DmIo.Cli.Tests;

/// <summary>Whole commands on files, in the test's own process, through the real service.</summary>
[Collection("service")]
public sealed class CommandTests : IDisposable
{
    private const int Seed = 4711;

    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("pages", "async")]
    [InlineData("pages", "sync")]
    [InlineData("bvec", "async")]
    [InlineData("bvec", "sync")]
    [InlineData("vm", "async")]
    [InlineData("vm", "sync")]
    public async Task A_file_larger_than_the_lease_goes_to_three_regions_and_comes_back(string memory, string mode)
    {
        const int length = (3 << 20) + 100;
        var data = directory.Fill("data", length, Seed);
        string[] how = ["--memory", memory, "--mode", mode, "--pages", "64"];

        var written = await Command.RunAsync(
        [
            "write", "--region", $"{File("a")}@0", "--region", $"{File("b")}@17", "--region", "mem:4MiB@0",
            "--from", data, "--create", "4MiB", "--json", .. how,
        ]);
        var read = await Command.RunAsync(["read", "--region", $"{File("b")}@17+6145", "--to", File("copy"), .. how]);

        Assert.True(written.ExitCode == 0, written.ToString());
        Assert.Equal("0x0", written.Json.GetProperty("errors").GetString());
        Assert.Equal(length, written.Json.GetProperty("bytes").GetInt64());
        Assert.Equal(412, written.Json.GetProperty("paddedBytes").GetInt32());
        Assert.True(read.ExitCode == 0, read.ToString());
        Assert.Equal(directory.Read("data"), directory.Read("copy")[..length]);
        Assert.Equal(directory.Read("data"), directory.Read("a")[..length]);
    }

    [Fact]
    public async Task A_faulty_region_has_its_bit_and_the_others_are_written()
    {
        var data = directory.Fill("data", 1 << 20, Seed);
        var config = FaultyConfig();

        var result = await Command.RunAsync(
            "write", "--region", "bad@0", "--region", "good@0", "--from", data, "--config", config, "--json",
            "--chunk", "64KiB");

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("0x1", result.Json.GetProperty("errors").GetString());
        var bad = result.Json.GetProperty("regions")[0];
        Assert.Equal("DeviceError", bad.GetProperty("status").GetString());
        Assert.Equal(5, bad.GetProperty("errno").GetInt32());
        Assert.Equal("Ok", result.Json.GetProperty("regions")[1].GetProperty("status").GetString());
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task What_cannot_be_read_comes_out_as_zeroes()
    {
        directory.Fill("disk", 1 << 20, Seed);

        var result = await Command.RunAsync(
            "read", "--region", "bad@0", "--to", File("copy"), "--config", FaultyConfig(), "--chunk", "64KiB");

        var expected = directory.Read("disk");
        expected.AsSpan(1 << 19, 1 << 16).Clear();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("errors 0x1", result.Output);
        Assert.Equal(expected, directory.Read("copy"));
    }

    [Fact]
    public async Task With_data_on_standard_output_the_report_is_on_standard_error()
    {
        directory.Fill("disk", 8192, Seed);
        using var output = new MemoryStream();
        using var streams = new TestStreams { OutputData = output };

        var result = await Command.RunAsync(streams, "read", "--region", $"{File("disk")}@1+9", "--json");

        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains("\"errors\":\"0x0\"", result.Error);
        Assert.Equal(directory.Read("disk")[512..(10 * 512)], output.ToArray());
    }

    [Fact]
    public async Task Verify_shows_the_first_difference()
    {
        directory.Fill("a", 1 << 20, Seed);
        var other = directory.Read("a");
        other[700_001] ^= 0xff;
        System.IO.File.WriteAllBytes(File("b"), other);
        string[] regions = ["--region", $"{File("a")}@0", "--region", $"{File("b")}@0"];

        var result = await Command.RunAsync(["verify", .. regions, "--json"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("0x2", result.Json.GetProperty("errors").GetString());
        var difference = result.Json.GetProperty("regions")[1].GetProperty("difference");
        Assert.Equal(700_001, difference.GetProperty("byteOffset").GetInt64());
        Assert.Equal(700_001 / 512, difference.GetProperty("sector").GetInt64());
        Assert.Equal(other[700_001], difference.GetProperty("found").GetByte());
    }

    [Fact]
    public async Task Zero_leaves_the_sectors_beside_it_alone()
    {
        directory.Fill("a", 8192, Seed);
        var expected = directory.Read("a");
        expected.AsSpan(512, 1024).Clear();

        var result = await Command.RunAsync("zero", "--region", $"{File("a")}@1+2");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(expected, directory.Read("a"));
    }

    [Theory]
    [InlineData("flush")]
    [InlineData("discard")]
    public async Task Operations_without_data_answer_for_every_region(string operation)
    {
        directory.Fill("a", 8192, Seed);

        var result = await Command.RunAsync(
            operation, "--region", $"{File("a")}@0+8", "--region", "mem:8KiB@0", "--region", "mem:8KiB@99+9", "--json");

        var isFlush = operation == "flush";
        Assert.Equal(3, result.Json.GetProperty("regions").GetArrayLength());
        Assert.Equal(isFlush ? "0x0" : "0x4", result.Json.GetProperty("errors").GetString());
        Assert.Equal(isFlush ? 0 : 1, result.ExitCode);
    }

    [Fact]
    public async Task R12_a_read_only_device_has_its_bit()
    {
        var config = directory.Write("dmio.conf", """
            dmio.devices.fixed {
              backend = memory
              size = 64KiB
              read-only = on
            }
            """);
        using var streams = new TestStreams { Input = new MemoryStream(new byte[4096]) };

        var result = await Command.RunAsync(
            streams, "write", "--region", "fixed@0", "--region", "mem:8KiB@0", "--config", config, "--json");

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("0x1", result.Json.GetProperty("errors").GetString());
        Assert.Equal("ReadOnly", result.Json.GetProperty("regions")[0].GetProperty("status").GetString());
    }

    [Fact]
    public async Task What_is_verified_after_writing_is_reported()
    {
        var data = directory.Fill("data", 300_000, Seed);

        var result = await Command.RunAsync(
            "write", "--region", $"{File("a")}@3", "--region", "mem:1MiB@0", "--from", data, "--create", "1MiB",
            "--verify", "--fua");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("errors 0x0", result.Output);
    }

    [Fact]
    public async Task A_device_that_does_not_keep_what_is_written_fails_the_verification()
    {
        using var streams = new TestStreams { Input = new MemoryStream(Bytes.Random(4096, Seed)) };

        var result = await Command.RunAsync(streams, "write", "--region", "null:1MiB@0", "--verify");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Different", result.Output);
        Assert.Contains("where the input has", result.Output);
    }

    [Fact]
    public async Task A_refused_command_leaves_no_file_that_it_created()
    {
        var data = directory.Fill("data", 4096, Seed);

        var result = await Command.RunAsync(
            "write", "--region", $"{File("new")}@0", "--from", data, "--create", "2KiB");

        Assert.Equal(2, result.ExitCode);
        Assert.False(System.IO.File.Exists(File("new")));
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
    public async Task A_device_of_the_command_is_not_its_output()
    {
        directory.Fill("disk", 4096, Seed);
        var before = directory.Read("disk");

        var result = await Command.RunAsync("read", "--region", $"{File("disk")}@0", "--to", File("./disk"));

        Assert.Equal(2, result.ExitCode);
        Assert.Equal(before, directory.Read("disk"));
    }

    [Fact]
    public async Task Several_spellings_of_a_path_are_one_device()
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
    public async Task An_empty_input_writes_nothing_and_is_well()
    {
        var result = await Command.RunAsync("write", "--region", "mem:4KiB@0", "--json");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(0, result.Json.GetProperty("bytes").GetInt64());
        Assert.Equal(0, result.Json.GetProperty("regions")[0].GetProperty("count").GetInt64());
    }

    [Fact]
    public async Task A_pipe_longer_than_the_device_is_that_regions_error()
    {
        using var streams = new TestStreams { Input = new TricklingStream(new byte[16384], Seed) };

        var result = await Command.RunAsync(
            streams, "write", "--region", "mem:8KiB@0", "--region", "mem:16KiB@0", "--json", "--chunk", "4KiB");

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("0x1", result.Json.GetProperty("errors").GetString());
        Assert.Equal("OutOfRange", result.Json.GetProperty("regions")[0].GetProperty("status").GetString());
        Assert.Equal(16384, result.Json.GetProperty("regions")[1].GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task Devices_shows_the_configured_and_the_named_ones()
    {
        directory.Fill("disk", 1 << 20, Seed);

        var result = await Command.RunAsync("devices", "--config", FaultyConfig(), "mem:64MiB", "--json");

        Assert.Equal(0, result.ExitCode);
        var devices = result.Json.GetProperty("devices").EnumerateArray()
            .ToDictionary(device => device.GetProperty("device").GetString()!);
        Assert.Equal(["bad", "good", "mem:64MiB"], devices.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(64 << 20, devices["mem:64MiB"].GetProperty("bytes").GetInt64());
        Assert.Equal("file", devices["bad"].GetProperty("backend").GetString());
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

    [Fact]
    public async Task With_v_it_says_which_devices_it_opened()
    {
        var result = await Command.RunAsync("flush", "--region", "mem:4KiB@0", "-v");

        Assert.Contains("INF mem:4KiB: memory, 8 sectors", result.Error);
    }

    [Theory]
    [InlineData("async")]
    [InlineData("sync")]
    public async Task One_page_is_enough_for_a_long_file(string mode)
    {
        var data = directory.Fill("data", 100_000, Seed);

        var written = await Command.RunAsync(
            "write", "--region", $"{File("a")}@0", "--from", data, "--create", "128KiB", "--pages", "1",
            "--mode", mode);
        var read = await Command.RunAsync(
            "read", "--region", $"{File("a")}@0", "--to", File("copy"), "--pages", "1", "--mode", mode);

        Assert.Equal((0, 0), (written.ExitCode, read.ExitCode));
        Assert.Equal(directory.Read("data"), directory.Read("copy")[..100_000]);
    }

    [Fact]
    public async Task R1_sixty_four_regions_are_written_at_once()
    {
        var data = directory.Fill("data", 4096, Seed);
        var regions = Enumerable.Range(0, 64)
            .SelectMany(index => new[] { "--region", $"mem:1MiB@{index * 8}+{(index == 63 ? 4000 : 8)}" });
        var distinct = Enumerable.Range(0, 64)
            .SelectMany(index => new[] { "--region", index == 63 ? "mem:1MiB@2047+8" : $"mem:1MiB@{index * 8}+8" });

        var tooLong = await Command.RunAsync(["write", .. regions, "--from", data, "--json"]);
        var result = await Command.RunAsync(["write", .. distinct, "--from", data, "--json"]);

        Assert.Equal(2, tooLong.ExitCode);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("0x8000000000000000", result.Json.GetProperty("errors").GetString());
    }

    [Fact]
    public async Task Logging_is_quiet_by_default_and_goes_to_standard_error_with_vv()
    {
        var quiet = await Command.RunAsync("flush", "--region", "mem:4KiB@0", "--json");
        var loud = await Command.RunAsync("flush", "--region", "mem:4KiB@0", "--json", "-vv");

        Assert.Empty(quiet.Error);
        Assert.Contains("DBG", loud.Error);
        Assert.Equal("0x0", loud.Json.GetProperty("errors").GetString());
    }

    private string File(string name) => directory.PathOf(name);

    /// <summary>Device bad cannot be read or written from sector 1024 on, for 128 sectors; it is the file
    /// disk.</summary>
    private string FaultyConfig() => directory.Write("dmio.conf", $$"""
        dmio.devices {
          bad {
            backend = file
            path = "{{File("disk")}}"
            create-size = 1MiB
            faults = [
              {
                start = 1024
                count = 128
              }
            ]
          }
          good {
            backend = memory
            size = 1MiB
          }
        }
        """);
}

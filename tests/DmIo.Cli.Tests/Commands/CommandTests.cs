using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Commands;

/// <summary>Whole commands on files, in the process of the test, with the real service.</summary>
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
    public async Task Progress_reports_each_chunk_and_the_failed_regions()
    {
        var data = directory.Fill("data", 1 << 20, Seed);

        var result = await Command.RunAsync(
            "write", "--region", "bad@0", "--region", "good@0", "--from", data, "--config", FaultyConfig(), "--json",
            "--chunk", "256KiB", "--progress");

        var lines = result.Output.Split(Environment.NewLine);
        Assert.Equal("""{"sector":0,"count":512,"errors":"0x0"}""", lines[0]);
        Assert.Equal("""{"sector":512,"count":512,"errors":"0x0"}""", lines[1]);
        Assert.Equal("""{"sector":1024,"count":512,"errors":"0x1"}""", lines[2]);
        Assert.Equal("""{"sector":1536,"count":512,"errors":"0x1"}""", lines[3]);
        Assert.StartsWith("{\"errors\":\"0x1\",", lines[4]);
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
    public async Task Data_that_cannot_be_read_is_written_as_zeroes()
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
    public async Task Zero_does_not_change_other_sectors()
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
    public async Task Operations_without_data_report_every_region(string operation)
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
    public async Task A_verified_write_reports_the_comparison()
    {
        var data = directory.Fill("data", 300_000, Seed);

        var result = await Command.RunAsync(
            "write", "--region", $"{File("a")}@3", "--region", "mem:1MiB@0", "--from", data, "--create", "1MiB",
            "--verify", "--fua");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("errors 0x0", result.Output);
        Assert.Contains("compared: 2 of 2 regions hold", result.Output);
    }

    [Fact]
    public async Task A_device_that_loses_writes_fails_the_verification()
    {
        using var streams = new TestStreams { Input = new MemoryStream(Bytes.Random(4096, Seed)) };

        var result = await Command.RunAsync(streams, "write", "--region", "null:1MiB@0", "--verify");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Different", result.Output);
        Assert.Contains("compared: 0 of 1 regions hold", result.Output);
        Assert.Contains("where the input has", result.Output);
    }

    [Fact]
    public async Task An_empty_input_writes_nothing_and_succeeds()
    {
        var result = await Command.RunAsync("write", "--region", "mem:4KiB@0", "--json");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(0, result.Json.GetProperty("bytes").GetInt64());
        Assert.Equal(0, result.Json.GetProperty("regions")[0].GetProperty("count").GetInt64());
    }

    [Fact]
    public async Task A_pipe_longer_than_the_device_fails_only_that_region()
    {
        using var streams = new TestStreams { Input = new ShortReadStream(new byte[16384], Seed) };

        var result = await Command.RunAsync(
            streams, "write", "--region", "mem:8KiB@0", "--region", "mem:16KiB@0", "--json", "--chunk", "4KiB");

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("0x1", result.Json.GetProperty("errors").GetString());
        Assert.Equal("OutOfRange", result.Json.GetProperty("regions")[0].GetProperty("status").GetString());
        Assert.Equal(16384, result.Json.GetProperty("regions")[1].GetProperty("bytes").GetInt64());
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

    private string File(string name) => directory.PathOf(name);

    /// <summary>Device bad is the file disk. Reads and writes of its 128 sectors from sector 1024 fail.</summary>
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

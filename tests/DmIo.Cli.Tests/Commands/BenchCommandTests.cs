using System.Text.Json;
using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Commands;

/// <summary>The accesses and the counts of <c>dmio bench</c>, not its speed.</summary>
[Collection("service")]
public sealed class BenchCommandTests : IDisposable
{
    private const int Seed = 31;

    private static readonly string[] Ascending = ["min", "p50", "p90", "p99", "p99.9", "max"];

    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("randread", "tell")]
    [InlineData("randwrite", "ask")]
    [InlineData("read", "client")]
    [InlineData("write", "tell")]
    [InlineData("randrw", "client")]
    public async Task The_report_has_the_documented_properties(string operation, string by)
    {
        var result = await BenchAsync(
            "--region", "mem:1MiB@8", "--operation", operation, "--by", by, "--requests", "500", "--leases", "3");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(500, result.Json.GetProperty("requests").GetInt64());
        Assert.Equal(0, result.Json.GetProperty("errors").GetInt64());
        Assert.Equal(operation, result.Json.GetProperty("operation").GetString());
        Assert.Equal("mem:1MiB@8+2040", result.Json.GetProperty("regions")[0].GetString());
        Assert.Equal("inline", result.Json.GetProperty("modes")[0].GetString());
        Assert.True(result.Json.GetProperty("iops").GetDouble() > 0);
        Assert.True(result.Json.GetProperty("bytesPerSecond").GetDouble() > 0);
        Assert.Equal(1, result.Json.GetProperty("pagesPerRequest").GetInt32());
        Assert.True(result.Json.GetProperty("messagesPerRequest").GetDouble()
            > result.Json.GetProperty("hopsPerRequest").GetDouble());
        var latency = result.Json.GetProperty("latencyMicroseconds");
        var ordered = Ascending.Select(name => ValueOf(latency, name));
        Assert.Equal(ordered.Order(), ordered);
    }

    [Fact]
    public async Task By_duration_it_ends_and_counts_requests()
    {
        var result = await BenchAsync(
            "--region", "mem:1MiB@0", "--operation", "randwrite", "--duration", "50ms", "--warmup", "1ms");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(0.05, result.Json.GetProperty("duration").GetDouble());
        Assert.True(result.Json.GetProperty("requests").GetInt64() > 0);
    }

    [Fact]
    public async Task Writes_go_to_all_regions_at_the_same_offset_and_change_no_other_sector()
    {
        var (a, b) = (directory.Fill("a", 64 << 10, Seed), directory.Fill("b", 64 << 10, Seed + 1));
        var (oldA, oldB) = (directory.Read("a"), directory.Read("b"));

        var result = await BenchAsync(
            "--region", $"{a}@8+64", "--region", $"{b}@16", "--operation", "write", "--block-size", "8KiB",
            "--requests", "4", "--warmup", "0ms", "--depth", "1");

        Assert.Equal(0, result.ExitCode);
        var (newA, newB) = (directory.Read("a"), directory.Read("b"));
        Assert.Equal(newA[4096..(36 << 10)], newB[8192..(40 << 10)]);
        Assert.NotEqual(oldA[4096..(36 << 10)], newA[4096..(36 << 10)]);
        Assert.Equal(oldA[..4096], newA[..4096]);
        Assert.Equal(oldA[(36 << 10)..], newA[(36 << 10)..]);
        Assert.Equal(oldB[..8192], newB[..8192]);
        Assert.Equal(oldB[(40 << 10)..], newB[(40 << 10)..]);
    }

    [Fact]
    public async Task Spread_each_block_goes_to_one_region_in_turn()
    {
        string[] disks = [directory.Fill("a", 16 << 10, Seed), directory.Fill("b", 16 << 10, Seed)];
        var before = directory.Read("a");

        var result = await BenchAsync(
            [.. disks.SelectMany(disk => new[] { "--region", $"{disk}@0" }), "--operation", "write", "--spread",
            "--requests", "3", "--warmup", "0ms", "--depth", "1"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal([true, true, false, false], ChangedBlocks(before, directory.Read("a")));
        Assert.Equal([true, false, false, false], ChangedBlocks(before, directory.Read("b")));
    }

    [Theory]
    [InlineData("tell")]
    [InlineData("ask")]
    [InlineData("client")]
    public async Task A_failed_flush_fails_its_write(string by)
    {
        var config = directory.Write("dmio.conf", """
            dmio.devices.bad {
              backend = memory
              size = 64KiB
              faults = [
                {
                  operations = [flush]
                }
              ]
            }
            """);
        string[] load = ["--region", "bad@0", "--operation", "write", "--requests", "1", "--by", by, "--warmup", "0ms"];

        var plain = await BenchAsync([.. load, "--config", config]);
        var flushed = await BenchAsync([.. load, "--config", config, "--flush"]);

        Assert.Equal((0, 1), (plain.ExitCode, flushed.ExitCode));
        Assert.Equal(1, flushed.Json.GetProperty("errors").GetInt64());
    }

    [Theory]
    [InlineData("randread")]
    [InlineData("read")]
    public async Task Reads_change_nothing(string operation)
    {
        var disk = directory.Fill("disk", 64 << 10, Seed);
        var before = directory.Read("disk");
        File.SetAttributes(disk, FileAttributes.ReadOnly);

        var result = await BenchAsync("--region", $"{disk}@0", "--operation", operation, "--requests", "100");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(before, directory.Read("disk"));
    }

    [Fact]
    public async Task A_created_file_is_prefilled_and_an_existing_file_only_with_the_option()
    {
        File.WriteAllBytes(directory.PathOf("old"), new byte[3 << 20]);
        string[] regions = ["--region", $"{directory.PathOf("new")}@0", "--region", $"{directory.PathOf("old")}@0"];
        string[] load = ["--operation", "randread", "--create", "3MiB", "--requests", "10"];

        var result = await BenchAsync([.. regions, .. load]);
        var old = directory.Read("old");
        var again = await BenchAsync([.. regions, .. load, "--prefill"]);

        Assert.Equal((0, 0), (result.ExitCode, again.ExitCode));
        Assert.DoesNotContain(directory.Read("new").Chunk(512), sector => sector.All(value => value == 0));
        Assert.All(old, value => Assert.Equal(0, value));
        Assert.Equal(directory.Read("new"), directory.Read("old"));
    }

    [Fact]
    public async Task Failed_requests_are_counted_by_status_and_the_first_is_shown()
    {
        var config = directory.Write("dmio.conf", """
            dmio.devices.bad {
              backend = memory
              size = 64KiB
              faults = [
                {
                  operations = [write]
                  errno = 28
                }
              ]
            }
            """);
        string[] load = ["--operation", "randrw", "--requests", "200", "--warmup", "0ms", "--config", config];

        var result = await BenchAsync(["--region", "bad@0", .. load]);
        var table = await Command.RunAsync(["bench", "--region", "bad@0", .. load]);

        Assert.Equal((1, 1), (result.ExitCode, table.ExitCode));
        var errors = result.Json.GetProperty("errors").GetInt64();
        Assert.Equal(200, errors + result.Json.GetProperty("requests").GetInt64());
        Assert.Equal(errors, result.Json.GetProperty("errorsByStatus").GetProperty("DeviceError").GetInt64());
        Assert.Contains("errno 28", result.Json.GetProperty("firstError").GetString());
        Assert.Contains("errno 28", table.Output);
    }

    [Fact]
    public async Task An_interrupted_bench_reports_its_results()
    {
        using var streams = new TestStreams();
        streams.Interrupt();

        var result = await Command.RunAsync(
            streams, "bench", "--region", "mem:1MiB@0", "--operation", "write", "--json");

        Assert.Equal(130, result.ExitCode);
        Assert.True(result.Json.GetProperty("interrupted").GetBoolean());
        Assert.Equal(0, result.Json.GetProperty("requests").GetInt64());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_rate_is_drawn_on_a_terminal_and_not_in_a_pipe(bool isTerminal)
    {
        using var streams = new TestStreams { IsErrorTerminal = isTerminal };

        var result = await Command.RunAsync(
            streams, "bench", "--region", "mem:1MiB@0", "--operation", "write", "--requests", "10");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(isTerminal, result.Error.Contains("requests/s", StringComparison.Ordinal));
        Assert.Contains("10 requests in", result.Output);
    }

    private static bool[] ChangedBlocks(byte[] before, byte[] after) =>
        [.. before.Chunk(4096).Zip(after.Chunk(4096), (old, now) => !old.AsSpan().SequenceEqual(now))];

    private static Task<CommandResult> BenchAsync(params string[] arguments) =>
        Command.RunAsync(["bench", "--json", .. arguments]);

    private static double ValueOf(JsonElement element, string name) => element.GetProperty(name).GetDouble();
}

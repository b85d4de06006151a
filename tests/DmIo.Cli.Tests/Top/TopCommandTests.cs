using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Telemetry;
using DmIo.Cli.Tests.Support;
using DmIo.Cli.Top;
using DmIo.Devices;
using Xunit;

namespace DmIo.Cli.Tests.Top;

/// <summary><c>dmio top</c> on the socket of a running service, and on other sockets.</summary>
[Collection("service")]
public sealed class TopCommandTests : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("top", "--node")]
    [InlineData("top --node no-such-socket", "no-such-socket")]
    [InlineData("top --node no-such-socket --interval 1ms", "100ms")]
    [InlineData("bench --region mem:4KiB@0 --operation read --monitor no-such-folder/socket", "--monitor")]
    public async Task It_is_refused_in_one_line_that_names_the_error(string arguments, string named)
    {
        var result = await Command.RunAsync(arguments.Split(' '));

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains(named, result.Error);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task A_socket_without_a_listener_is_refused()
    {
        var result = await Command.RunAsync("top", "--node", directory.Write("socket", "none"));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("no process listens", result.Error);
    }

    [Fact]
    public async Task A_service_is_shown_as_tables_and_as_json_until_it_ends()
    {
        var path = directory.PathOf("socket");
        using var benchStreams = new TestStreams();
        var bench = Command.RunAsync(
            benchStreams, "bench", "--region", "mem:1MiB@0", "--operation", "randrw", "--duration", "1h", "--monitor",
            path);
        while (!File.Exists(path) && !bench.IsCompleted)
        {
            await Task.Yield();
        }

        var table = await Command.RunAsync("top", "--node", path, "--once", "--interval", "100ms");
        var json = await Command.RunAsync("top", "--node", path, "--once", "--interval", "100ms", "--json");
        using var topStreams = new TestStreams();
        var endless = Command.RunAsync(topStreams, "top", "--node", path, "--interval", "100ms", "--json");
        while (topStreams.OutputText.GetStringBuilder().Length == 0 && !endless.IsCompleted)
        {
            await Task.Delay(1);
        }

        benchStreams.Interrupt();

        Assert.Equal(130, (await bench).ExitCode);
        Assert.Equal(0, (await endless).ExitCode);
        Assert.True(table.ExitCode == 0, table.ToString());
        Assert.Contains("mem:1MiB", table.Output);
        Assert.Contains("w/s", table.Output);
        var device = json.Json.GetProperty("devices")[0];
        Assert.Equal(("mem:1MiB", "inline", "fair"), (device.GetProperty("name").GetString(),
            device.GetProperty("mode").GetString(), device.GetProperty("policy").GetString()));
        Assert.Equal(32, json.Json.GetProperty("leases")[0].GetProperty("pages").GetInt32());
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task A_process_that_is_not_a_service_is_refused()
    {
        var path = directory.PathOf("socket");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var top = Command.RunAsync("top", "--node", path, "--once");
        using var client = await listener.AcceptAsync();
        await client.SendAsync(Encoding.UTF8.GetBytes("220 mail.example\n"));

        var result = await top;

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("is not a dmio service", result.Error);
    }

    [Fact]
    public void Rates_are_those_between_two_statistics()
    {
        var snapshot = TopRates.Between(
            Statistics(10, Disk("disk", turns: 5, reads: new(100, 4096, 0), new LatencyBucket(10, 5))),
            Statistics(
                12,
                Disk("disk", turns: 9, reads: new(300, 12288, 0), new LatencyBucket(10, 5), new LatencyBucket(700, 2)),
                Disk("new", 1)));

        var disk = snapshot.Devices[0];
        Assert.Equal((100, 100, 4096), (disk.OperationsPerSecond, disk.ReadsPerSecond, disk.ReadBytesPerSecond));
        Assert.Equal((700.0, 700.0), (disk.P50Microseconds!.Value, disk.P99Microseconds!.Value));
        Assert.Null(snapshot.Devices[1].P50Microseconds);
    }

    [Fact]
    public void A_device_that_was_attached_again_starts_from_zero()
    {
        var snapshot = TopRates.Between(
            Statistics(10, Disk("disk", turns: 50, reads: new(100, 4096, 0))),
            Statistics(11, Disk("disk", turns: 4, reads: new(7, 512, 0))));

        Assert.Equal((7, 512), (snapshot.Devices[0].ReadsPerSecond, snapshot.Devices[0].ReadBytesPerSecond));
    }

    private static ServiceStatistics Statistics(double seconds, params DeviceStatistics[] devices) => new()
    {
        ClockSeconds = seconds,
        Devices = devices,
        Leases = [],
        Pool = new PoolStatistics(0, 0, 0, 0, 0),
        Messages = new MessageStatistics(0, 0, 0, 0),
        Sections = new Dictionary<string, IReadOnlyList<JsonElement>>(),
    };

    private static DeviceStatistics Disk(
        string name, long turns, OperationStatistics? reads = null, params LatencyBucket[] latencies)
    {
        var none = new OperationStatistics(0, 0, 0);
        return new DeviceStatistics
        {
            Name = name,
            Mode = ServiceMode.Ring,
            Policy = SchedulingPolicy.Fair,
            Reads = reads ?? none,
            Writes = none,
            Flushes = none,
            Discards = none,
            WriteZeroes = none,
            Issued = 0,
            Merged = 0,
            FlushesIssued = 0,
            Turns = turns,
            MessagesReceived = 0,
            MessagesSent = 0,
            Waiting = 0,
            InFlight = 0,
            Depth = 32,
            OldestInFlightSeconds = null,
            Latencies = new LatencyDistribution(latencies),
        };
    }
}

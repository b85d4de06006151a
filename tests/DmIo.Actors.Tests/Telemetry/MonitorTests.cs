using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Akka.Configuration;
using Akka.Event;
using DmIo.Actors.Telemetry;
using DmIo.Actors.Tests.Client;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Actors.Tests.Settings;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Telemetry;

/// <summary>The socket that serves the statistics of a service.</summary>
public sealed class MonitorTests : IDisposable
{
    private readonly ScratchFolder folder = new();

    private string Path => folder.PathOf("dmio.sock");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Each_query_is_answered_with_a_line_of_statistics()
    {
        await using var running = await new RunningService(Configuration()).WithMemoryAsync("disk");
        await using var client = await running.Service.OpenAsync(1).InTime();
        await client.WriteAsync(new IoRegion("disk", 0, 4), new byte[2048]).InTime();
        using var reader = new Connection(Path);

        reader.SendText("stats\nstats\n");

        for (var time = 0; time < 2; time++)
        {
            var statistics = await reader.NextAsync();
            var disk = Assert.Single(statistics.Devices);
            Assert.Equal(("disk", new OperationStatistics(1, 2048, 0)), (disk.Name, disk.Writes));
            Assert.Equal((1, 1), (disk.Latencies.Count, Assert.Single(statistics.Leases).Requests));
        }
    }

    [Fact]
    public async Task Statistics_are_read_as_they_were_written()
    {
        await using var running = await new RunningService().WithMemoryAsync("disk");
        await using var client = await running.Service.OpenAsync(1).InTime();
        await client.WriteAsync(new IoRegion("disk", 0, 4), new byte[2048]).InTime();
        running.Service.AddSection("servers", () => JsonDocument.Parse("[1,{\"a\":\"b\"}]").RootElement);
        var statistics = await running.Service.GetStatisticsAsync().InTime();

        var json = Written(statistics);

        Assert.Equal(json, Written(ServiceStatistics.Parse(json)));
        Assert.Contains("\"policy\":\"fair\"", Encoding.UTF8.GetString(json), StringComparison.Ordinal);
        Assert.Contains("\"servers\":[[1,{\"a\":\"b\"}]]", Encoding.UTF8.GetString(json), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_clients_can_be_connected_at_once()
    {
        await using var running = await new RunningService(Configuration()).WithMemoryAsync("disk");
        using var one = new Connection(Path);
        using var other = new Connection(Path);

        one.SendText("watch\n");
        other.SendText("watch\n");

        for (var time = 0; time < 2; time++)
        {
            Assert.Single((await one.NextAsync()).Devices);
            Assert.Single((await other.NextAsync()).Devices);
        }
    }

    [Fact]
    public async Task A_client_that_does_not_read_gets_no_more_lines_and_delays_no_other()
    {
        var taken = 0;
        await using var running = await new RunningService().WithMemoryAsync("disk");
        var statistics = await running.Service.GetStatisticsAsync().InTime();
        await using var monitor = new ServiceMonitor(
            ServiceMonitor.Listen(Path), Take, TimeSpan.Zero, NoLogger.Instance);
        using var idle = new Connection(Path);
        using var other = new Connection(Path);
        idle.SendText("watch\n");
        var before = -1;
        while (before != Volatile.Read(ref taken))
        {
            // Each round trip of the other client gives the service a chance to fill the socket of the client that does
            // not read.
            before = Volatile.Read(ref taken) + 100;
            for (var time = 0; time < 100; time++)
            {
                other.SendText("stats\n");
                await other.NextAsync();
            }
        }

        await monitor.DisposeAsync().InTime();
        Assert.Equal(0, monitor.ClientCount);

        ServiceStatistics Take()
        {
            Interlocked.Increment(ref taken);
            return statistics;
        }
    }

    [Theory]
    [InlineData("help\n", "say stats or watch")]
    [InlineData("stats stats stats stats stats stats stats stats stats stats stats stats", "")]
    public async Task An_invalid_query_closes_the_connection(string sent, string answer)
    {
        await using var running = new RunningService(Configuration());
        using var client = new Connection(Path);

        client.SendText(sent);

        Assert.Contains(answer, await client.RestAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_number_of_connections_is_limited()
    {
        await using var running = new RunningService(Configuration());
        var clients = Enumerable.Range(0, ServiceMonitor.MaxClients).Select(_ => new Connection(Path)).ToList();
        foreach (var client in clients)
        {
            client.SendText("stats\n");
            await client.NextAsync();
        }

        using var late = new Connection(Path);

        Assert.Empty(await late.RestAsync());
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task The_socket_and_its_connections_end_with_the_service()
    {
        var running = new RunningService(Configuration());
        using var asking = new Connection(Path);
        using var watching = new Connection(Path);
        watching.SendText("watch\n");
        await watching.NextAsync();

        await running.DisposeAsync();

        Assert.False(File.Exists(Path));
        Assert.Empty(await asking.RestAsync());
        await watching.RestAsync();
    }

    [UnixFact]
    [UnsupportedOSPlatform("windows")]
    public async Task Only_the_same_user_may_connect()
    {
        await using var running = new RunningService(Configuration());

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
    }

    [Fact]
    public async Task A_stale_socket_is_replaced()
    {
        LeaveSocket();
        Assert.True(File.Exists(Path));

        await using var running = new RunningService(Configuration());

        using var client = new Connection(Path);
        client.SendText("stats\n");
        Assert.Empty((await client.NextAsync()).Devices);
    }

    [Fact]
    public async Task A_socket_in_use_fails_the_start()
    {
        await using var running = new RunningService(Configuration());

        var fault = Assert.Throws<ConfigurationException>(() => ServiceMonitor.Listen(Path));

        Assert.Contains("dmio.monitor.socket", fault.Message, StringComparison.Ordinal);
        Assert.Contains(Path, fault.Message, StringComparison.Ordinal);
        using var client = new Connection(Path);
    }

    [Fact]
    public void A_file_that_is_no_socket_is_left_alone()
    {
        File.WriteAllText(Path, "precious");

        Assert.Throws<ConfigurationException>(() => ServiceMonitor.Listen(Path));

        Assert.Equal("precious", File.ReadAllText(Path));
    }

    [Fact]
    public void An_unusable_path_is_a_configuration_error() =>
        Assert.Throws<ConfigurationException>(() => ServiceMonitor.Listen(folder.PathOf(new string('x', 200))));

    [Fact]
    public void A_missing_directory_is_named()
    {
        var fault = Assert.Throws<ConfigurationException>(() => ServiceMonitor.Listen(folder.PathOf("none/dmio.sock")));

        var reason = $"there is no directory '{folder.PathOf("none")}'.";
        Assert.EndsWith(reason, fault.Message, StringComparison.Ordinal);
    }

    private string Configuration() => $"dmio.monitor.socket = \"{Path}\"";

    /// <summary>Leaves the file of a socket, as a killed process does.</summary>
    private void LeaveSocket()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path + ".moved"));
        File.Move(Path + ".moved", Path);
    }

    private static byte[] Written(ServiceStatistics statistics)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            statistics.WriteTo(writer);
        }

        return stream.ToArray();
    }

    private sealed class Connection : IDisposable
    {
        private readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly StreamReader reader;

        internal Connection(string path)
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            reader = new StreamReader(new NetworkStream(socket));
        }

        public void Dispose()
        {
            reader.Dispose();
            socket.Dispose();
        }

        internal void SendText(string text) => socket.Send(Encoding.UTF8.GetBytes(text));

        internal async Task<ServiceStatistics> NextAsync() =>
            ServiceStatistics.Parse(Encoding.UTF8.GetBytes((await reader.ReadLineAsync().InTime())!));

        /// <summary>All data until the other side closes.</summary>
        internal async Task<string> RestAsync()
        {
            try
            {
                return await reader.ReadToEndAsync().InTime();
            }
            catch (IOException)
            {
                // The connection was closed with unread data in it.
                return "";
            }
        }
    }
}

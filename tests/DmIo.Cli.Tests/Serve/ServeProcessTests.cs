using System.Net.Sockets;
using System.Text.Json;
using DmIo.Actors.Telemetry;
using DmIo.Cli.Http;
using DmIo.Cli.Tests.Support;
using DmIo.Nbd.Server;
using Xunit;

namespace DmIo.Cli.Tests.Serve;

/// <summary><c>dmio serve</c> as a process, with clients of other projects.</summary>
public sealed class ServeProcessTests : IDisposable
{
    private const int Blocks = 4096;

    private readonly TempDirectory directory = new();

    private string SocketPath => directory.PathOf("socket");

    public void Dispose() => directory.Dispose();

    [PeerFact("nbdinfo")]
    public async Task Clients_find_the_export_at_the_printed_URIs()
    {
        using var server = DmioProcess.StartCommand(
            "serve", "--export", "disk=mem:16MiB", "--listen", "127.0.0.1:0", "--unix", SocketPath, "--json");
        var export = (await ReportAsync(server)).GetProperty("exports")[0];

        Assert.Equal(("disk", 16 << 20, false), (export.GetProperty("name").GetString(),
            export.GetProperty("bytes").GetInt32(), export.GetProperty("readOnly").GetBoolean()));
        var uris = export.GetProperty("uris").EnumerateArray().Select(uri => uri.GetString()!).ToList();
        Assert.Equal(2, uris.Count);
        foreach (var uri in uris)
        {
            var seen = await RunAsync($"nbdinfo --json '{uri}'");
            Assert.Equal(16 << 20, seen.Json.GetProperty("exports")[0].GetProperty("export-size").GetInt32());
        }

        Assert.Equal((0, ""), await EndAsync(server));
    }

    [Fact]
    public async Task Bytes_after_the_last_whole_sector_are_printed()
    {
        var disk = directory.Fill("disk", 1000, seed: 7);
        using var server = DmioProcess.StartCommand("serve", "--export", $"disk={disk}", "--unix", SocketPath);
        Assert.StartsWith("'disk' (default): 512 B", await server.ReadLineAsync());
        Assert.StartsWith($"  the last 488 bytes of {disk} fill no sector", await server.ReadLineAsync());
        Assert.Equal(0, (await EndAsync(server)).ExitCode);
    }

    [PeerFact("nbdinfo")]
    public async Task Clients_that_request_no_name_get_the_only_export()
    {
        using var server = StartOnSocket("disk=mem:16MiB");
        await ReportAsync(server);

        Assert.Equal("16777216\n", (await RunAsync($"nbdinfo --size '{UriOf("")}'")).Output);
    }

    [PeerFact("nbdsh")]
    public async Task A_read_only_export_refuses_writes_and_its_file_stays_as_it_was()
    {
        var disk = directory.Fill("disk", 1 << 20, seed: 7);
        var before = directory.Read("disk");
        using var server = StartOnSocket($"disk={disk}", "--read-only");
        Assert.True((await ReportAsync(server)).GetProperty("exports")[0].GetProperty("readOnly").GetBoolean());

        var result = await RunAsync($$"""
            nbdsh -c 'h.set_strict_mode(0)' -c 'h.connect_uri("{{UriOf("disk")}}")' -c 'h.pwrite(bytes(512), 0)'
            """);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Operation not permitted", result.Error);
        Assert.Equal(before, directory.Read("disk"));
    }

    [PeerFact("nbdsh")]
    public async Task A_signal_during_a_load_loses_no_acknowledged_write()
    {
        using var server = StartOnSocket($"disk={directory.PathOf("disk")}", "--create", $"{Blocks * 4096L}");
        await ReportAsync(server);
        using var load = DmioProcess.StartOther("nbdsh", "-u", UriOf("disk"), "-c", """
            block = 0
            try:
                while True:
                    h.pwrite(bytes([block % 251 + 1]) * 4096, block % 4096 * 4096)
                    block += 1
                    if block == 1000: print("going", flush=True)
            except nbd.Error:
                print(block, flush=True)
            """);
        Assert.Equal("going", await load.ReadLineAsync());

        var end = await EndAsync(server);

        Assert.Equal((0, ""), end);
        var acknowledged = int.Parse((await load.ReadLineAsync())!);
        await load.EndUnreadAsync();
        var disk = directory.Read("disk");
        for (var block = Math.Max(0, acknowledged - Blocks); block < acknowledged; block++)
        {
            // The write without a reply may be on the disk, too.
            var found = disk[block % Blocks * 4096];
            Assert.True(
                found == (block % 251) + 1 || (found == (acknowledged % 251) + 1 && block == acknowledged - Blocks),
                $"block {block} has {found}");
        }
    }

    [PeerFact("nbdsh")]
    public async Task A_second_signal_ends_it_even_if_a_device_is_stuck()
    {
        var monitor = directory.PathOf("monitor");
        using var server = StartOnSocket(
            "disk=stuck", "--config", Hocon("slow-and-stuck.conf"), "--drain", "1h", "--monitor", monitor);
        await ReportAsync(server);
        using var client = DmioProcess.StartOther("nbdsh", "-u", UriOf("disk"), "-c", "h.pwrite(bytes(512), 0)");
        using (var statistics = new NodeClient(monitor))
        {
            while ((await StatisticsOfAsync(statistics)).Devices.All(device => device.InFlight == 0))
            {
                // Each request is a round trip.
            }
        }

        while (!server.HasEnded)
        {
            // Two signals within half a second count as one.
            await server.SignalAsync("TERM");
        }

        Assert.Equal(128 + 15, (await server.EndUnreadAsync()).ExitCode);
    }

    [PeerFact("nbdsh")]
    public async Task The_error_message_to_a_client_has_the_id_of_the_log_line()
    {
        using var server = StartOnSocket("disk=full", "--config", Hocon("faulty-memory.conf"));
        await ReportAsync(server);

        var result = await RunAsync($"LIBNBD_DEBUG=1 nbdsh -u '{UriOf("disk")}' -c 'h.pwrite(bytes(512), 0)'");
        var (exitCode, error) = await EndAsync(server);

        Assert.Contains("ENOSPC", result.Error);
        var id = result.Error.Split("server message: ")[1].Split('\n')[0].Split('[')[1].Split(']')[0];
        Assert.Contains($"{id}: ", error);
        Assert.Equal(0, exitCode);
    }

    [Fact]
    public async Task A_socket_that_a_dead_process_left_is_replaced()
    {
        using (var dead = DmioProcess.StartCommand("serve", "--export", "disk=mem:1MiB", "--unix", SocketPath))
        {
            await dead.ReadLineAsync();
            await dead.SignalAsync("KILL");
            await dead.EndUnreadAsync();
        }

        Assert.True(File.Exists(SocketPath));
        using var server = StartOnSocket("disk=mem:1MiB");
        await ReportAsync(server);

        await ConnectAsync();
        Assert.Equal((0, ""), await EndAsync(server));
        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public async Task A_socket_of_a_running_server_is_refused()
    {
        using var server = StartOnSocket("disk=mem:1MiB");
        await ReportAsync(server);

        var other = await Command.RunAsync("serve", "--export", "disk=mem:1MiB", "--unix", SocketPath);

        Assert.Equal((2, ""), (other.ExitCode, other.Output));
        Assert.Contains(SocketPath, other.Error);
        await ConnectAsync();
        Assert.Equal((0, ""), await EndAsync(server));
    }

    [Fact]
    public async Task A_file_that_is_not_a_socket_is_not_changed_even_if_locked()
    {
        var disk = directory.Fill("disk", 1 << 20, seed: 7);
        var before = directory.Read("disk");

        var result = await Command.RunAsync("serve", "--export", $"disk={disk}", "--unix", disk);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains("not a socket", result.Error);
        Assert.Equal(before, directory.Read("disk"));
    }

    [Fact]
    public async Task Bytes_after_the_last_whole_sector_are_in_the_report_and_the_log()
    {
        var disk = directory.Fill("disk", 1000, seed: 7);
        using var server = StartOnSocket($"disk={disk}");

        var export = (await ReportAsync(server)).GetProperty("exports")[0];

        Assert.Equal(512, export.GetProperty("bytes").GetInt32());
        Assert.Equal(488, export.GetProperty("tailBytes").GetInt32());
        Assert.Contains("the last 488 bytes", (await EndAsync(server)).Error);
    }

    [Fact]
    public async Task It_serves_even_if_standard_output_fails()
    {
        var result = await RunAsync($$"""
            dmio serve --export disk=mem:1MiB --unix '{{SocketPath}}' --monitor monitor > /dev/full 2> log & server=$!
            until grep -q incomplete log || ! kill -0 $server; do sleep 0.1; done
            dmio top --node monitor --once > top; kill $server; wait $server || echo $?
            """);

        Assert.Equal("1\n", result.Output);
        Assert.Contains("'disk'", File.ReadAllText(directory.PathOf("top")));
        Assert.Contains("No space left on device", File.ReadAllText(directory.PathOf("log")));
    }

    [Fact]
    public async Task A_port_in_use_is_refused_and_no_file_is_left()
    {
        using var taken = new TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();

        var result = await Command.RunAsync(
            "serve", "--export", $"disk={directory.PathOf("new")}", "--create", "1MiB", "--listen",
            taken.LocalEndpoint.ToString()!);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains(taken.LocalEndpoint.ToString()!, result.Error);
        Assert.False(File.Exists(directory.PathOf("new")));
    }

    [PeerFact("nbdinfo")]
    public async Task The_example_configuration_serves_its_devices()
    {
        var result = await RunAsync($$"""
            dmio volume create vm --config '{{Hocon("served-disks.conf")}}' --leg vm-a --leg vm-b > /dev/null
            dmio serve --config '{{Hocon("served-disks.conf")}}' --export vm=vol:vm-a,vm-b --export scratch=scratch \
                --unix '{{SocketPath}}' > served & server=$!
            until test -s served; do sleep 0.1; done
            nbdinfo --size '{{UriOf("vm")}}'; nbdinfo --size '{{UriOf("scratch")}}'
            dmio top --node served-disks.sock --once > seen; kill $server; wait $server
            """);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal($"{1023 << 20}\n{64 << 20}\n", result.Output);
        Assert.Contains("'vm'", File.ReadAllText(directory.PathOf("seen")));
    }

    [Fact]
    public async Task An_export_of_a_missing_device_is_added_when_the_device_is_attached()
    {
        var monitor = directory.PathOf("monitor");
        var config = directory.Write("dmio.conf", $$"""
            dmio.devices {
              disk { backend = memory, size = 1MiB }
              gone { backend = file, path = "{{directory.PathOf("disk")}}", on-missing = retry }
            }
            """);
        using var server = DmioProcess.StartCommand(
            "serve", "--config", config, "--export", "now=disk", "--export", "late=gone", "--unix", SocketPath,
            "--monitor", monitor, "--json");
        var report = await ReportAsync(server);
        Assert.Equal(["now"], NamesOf(report, "exports"));
        Assert.Equal(["late"], NamesOf(report, "waiting"));

        directory.Fill("filled", 1 << 20, seed: 7);
        File.Move(directory.PathOf("filled"), directory.PathOf("disk"));

        using var statistics = new NodeClient(monitor);
        while (NbdServerStatus.In(await StatisticsOfAsync(statistics))[0].Exports.Count < 2)
        {
            // Each request is a round trip; the service retries the device after delays of a second and more.
        }

        var (exitCode, error) = await EndAsync(server);
        Assert.Equal(0, exitCode);
        Assert.Contains("waits for its device 'gone'", error, StringComparison.Ordinal);
    }

    [PeerFact("nbdinfo")]
    public async Task Top_shows_exports_and_their_clients()
    {
        var monitor = directory.PathOf("monitor");
        using var server = StartOnSocket("disk=mem:1MiB", "--monitor", monitor);
        await ReportAsync(server);
        using var client = DmioProcess.StartOther(
            "nbdsh", "-u", UriOf("disk"), "-c", "print('in', flush=True)", "-c", "import sys; sys.stdin.buffer.read()",
            "-c", "import signal; signal.pause()");
        await client.ReadLineAsync();

        var top = await Command.RunAsync("top", "--node", monitor, "--once", "--interval", "100ms", "--json");

        var export = top.Json.GetProperty("exports")[0];
        Assert.Equal(
            ("disk", 1), (export.GetProperty("name").GetString(), export.GetProperty("connections").GetInt32()));
        Assert.Equal("mem:1MiB", export.GetProperty("device").GetString());
        Assert.Equal("disk", top.Json.GetProperty("connections")[0].GetProperty("export").GetString());
        await client.SignalAsync("TERM");
        Assert.Equal((0, ""), await EndAsync(server));
    }

    [PeerFact("nbdsh")]
    public async Task The_counts_of_closed_connections_are_kept()
    {
        var monitor = directory.PathOf("monitor");
        using var server = StartOnSocket("disk=mem:1MiB", "--monitor", monitor);
        await ReportAsync(server);

        await RunAsync($"nbdsh -u '{UriOf("disk")}' -c 'h.pwrite(bytes(4096), 0)' -c 'h.pread(512, 0)'");

        using var statistics = new NodeClient(monitor);
        var export = await ExportOfAsync(statistics);
        while (export.Connections > 0)
        {
            // The client has ended; the server detects this between two requests.
            export = await ExportOfAsync(statistics);
        }

        Assert.Equal((2, 0, 512, 4096), (export.Requests, export.Errors, export.ReadBytes, export.WrittenBytes));
        Assert.Equal((0, ""), await EndAsync(server));
    }

    private static async Task<ServiceStatistics> StatisticsOfAsync(NodeClient service) =>
        (await service.GetStatisticsAsync(mayHaveEnded: false, CancellationToken.None))!;

    private static async Task<NbdExportStatus> ExportOfAsync(NodeClient monitor) =>
        NbdServerStatus.In(await StatisticsOfAsync(monitor))[0].Exports[0];

    private static IEnumerable<string?> NamesOf(JsonElement report, string list) =>
        report.GetProperty(list).EnumerateArray().Select(item => item.GetProperty("name").GetString());

    private static string Hocon(string name) => Path.Combine(AppContext.BaseDirectory, "hocon", name);

    private static async Task<JsonElement> ReportAsync(DmioProcess server)
    {
        var line = await server.ReadLineAsync();
        return line is null
            ? throw new InvalidOperationException((await server.EndUnreadAsync()).ToString())
            : JsonDocument.Parse(line).RootElement;
    }

    private static async Task<(int ExitCode, string Error)> EndAsync(DmioProcess server)
    {
        await server.SignalAsync("TERM");
        return await server.EndUnreadAsync();
    }

    private DmioProcess StartOnSocket(string export, params string[] more) => DmioProcess.StartCommand(
        ["serve", "--export", export, "--unix", SocketPath, "--json", .. more]);

    private string UriOf(string export) => $"nbd+unix:///{export}?socket={SocketPath}";

    private async Task ConnectAsync()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
    }

    private Task<CommandResult> RunAsync(string script) => DmioProcess.RunAsync(directory, script);
}

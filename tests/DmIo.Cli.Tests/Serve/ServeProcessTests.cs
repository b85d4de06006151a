using System.Net.Sockets;
using System.Text.Json;
using DmIo.Nbd.Server;
using DmIo.Nbd.Tests.Peers;
using Xunit;

namespace DmIo.Cli.Tests;

/// <summary><c>dmio serve</c> as a process, with clients that others wrote.</summary>
public sealed class ServeProcessTests : IDisposable
{
    private const int Blocks = 4096;

    private readonly TempDirectory directory = new();

    private string SocketPath => directory.PathOf("socket");

    public void Dispose() => directory.Dispose();

    [PeerFact("nbdinfo")]
    public async Task What_it_prints_is_where_clients_find_the_export()
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
    public async Task Bytes_of_a_file_that_fill_no_sector_are_named()
    {
        var disk = directory.Fill("disk", 1000, seed: 7);
        using var server = DmioProcess.StartCommand("serve", "--export", $"disk={disk}", "--unix", SocketPath);
        Assert.StartsWith("'disk' (default): 512 B", await server.ReadLineAsync());
        Assert.StartsWith($"  the last 488 bytes of {disk} fill no sector", await server.ReadLineAsync());
        Assert.Equal(0, (await EndAsync(server)).ExitCode);
    }

    [PeerFact("nbdinfo")]
    public async Task The_only_export_is_that_of_clients_that_name_none()
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
    public async Task A_signal_in_the_middle_of_a_load_loses_nothing_that_was_acknowledged()
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
            // The one write that got no answer may be there, too.
            var found = disk[block % Blocks * 4096];
            Assert.True(
                found == (block % 251) + 1 || (found == (acknowledged % 251) + 1 && block == acknowledged - Blocks),
                $"block {block} has {found}");
        }
    }

    [PeerFact("nbdsh")]
    public async Task A_second_signal_ends_it_although_a_device_is_stuck()
    {
        var monitor = directory.PathOf("monitor");
        using var server = StartOnSocket(
            "disk=stuck", "--config", Hocon("slow-and-stuck.conf"), "--drain", "1h", "--monitor", monitor);
        await ReportAsync(server);
        using var client = DmioProcess.StartOther("nbdsh", "-u", UriOf("disk"), "-c", "h.pwrite(bytes(512), 0)");
        await using (var looking = await MonitorConnection.OpenAsync(monitor, CancellationToken.None))
        {
            while ((await looking.AskAsync(CancellationToken.None))!.Devices.All(device => device.InFlight == 0))
            {
                // Each look is a round trip.
            }
        }

        while (!server.HasEnded)
        {
            // Two within half a second count as one.
            await server.SignalAsync("TERM");
        }

        Assert.Equal(128 + 15, (await server.EndUnreadAsync()).ExitCode);
    }

    [PeerFact("nbdsh")]
    public async Task The_error_that_a_client_is_told_has_the_id_of_the_line_in_the_log()
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

    [PeerFact("nbdsh")]
    public async Task A_device_that_fails_is_said_and_the_others_go_on()
    {
        using var server = StartOnSocket("disk=good,bad-sectors", "--config", Hocon("faulty-memory.conf"));
        await ReportAsync(server);

        var result = await RunAsync($$"""
            nbdsh -u '{{UriOf("disk")}}' -c 'h.pwrite(b"x" * 512, 1 << 20)' -c 'print(h.pread(512, 1 << 20)[:3])'
            """);
        var (exitCode, error) = await EndAsync(server);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("xxx", result.Output);
        Assert.Contains("'bad-sectors'", error);
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
    public async Task A_socket_on_which_somebody_listens_is_refused()
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
    public async Task A_file_that_is_no_socket_is_left_alone_also_where_it_is_locked()
    {
        var disk = directory.Fill("disk", 1 << 20, seed: 7);
        var before = directory.Read("disk");

        var result = await Command.RunAsync("serve", "--export", $"disk={disk}", "--unix", disk);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains("no socket", result.Error);
        Assert.Equal(before, directory.Read("disk"));
    }

    [Fact]
    public async Task Bytes_of_a_file_that_fill_no_sector_are_said_to_be_left_out()
    {
        var disk = directory.Fill("disk", 1000, seed: 7);
        using var server = StartOnSocket($"disk={disk}");

        var export = (await ReportAsync(server)).GetProperty("exports")[0];

        Assert.Equal(512, export.GetProperty("bytes").GetInt32());
        Assert.Equal(488, export.GetProperty("devices")[0].GetProperty("tailBytes").GetInt32());
        Assert.Contains("the last 488 bytes", (await EndAsync(server)).Error);
    }

    [Fact]
    public async Task It_serves_although_standard_output_takes_nothing()
    {
        var result = await RunAsync($$"""
            dmio serve --export disk=mem:1MiB --unix '{{SocketPath}}' --monitor monitor > /dev/full 2> said & server=$!
            until grep -q incomplete said || ! kill -0 $server; do sleep 0.1; done
            dmio top --socket monitor --once > top; kill $server; wait $server || echo $?
            """);

        Assert.Equal("1\n", result.Output);
        Assert.Contains("'disk'", File.ReadAllText(directory.PathOf("top")));
        Assert.Contains("No space left on device", File.ReadAllText(directory.PathOf("said")));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_refused_and_no_file_is_left()
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
    public async Task The_ready_configuration_serves_what_it_says()
    {
        var result = await RunAsync($$"""
            dmio serve --config '{{Hocon("served-disks.conf")}}' --export vm=vm-a,vm-b --export scratch=scratch \
                --unix '{{SocketPath}}' > served & server=$!
            until test -s served; do sleep 0.1; done
            nbdinfo --size '{{UriOf("vm")}}'; nbdinfo --size '{{UriOf("scratch")}}'
            dmio top --socket served-disks.sock --once > seen; kill $server; wait $server
            """);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal($"{1 << 30}\n{64 << 20}\n", result.Output);
        Assert.Contains("'vm'", File.ReadAllText(directory.PathOf("seen")));
    }

    [Fact]
    public async Task An_export_of_a_missing_device_is_offered_once_the_device_is_there_and_the_others_at_once()
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

        await using var looking = await MonitorConnection.OpenAsync(monitor, CancellationToken.None);
        while (NbdServerStatus.In((await looking.AskAsync(CancellationToken.None))!)[0].Exports.Count < 2)
        {
            // Each look is a round trip; the device is tried again after pauses of a second and more.
        }

        var (exitCode, error) = await EndAsync(server);
        Assert.Equal(0, exitCode);
        Assert.Contains("waits for its device 'gone'", error, StringComparison.Ordinal);
    }

    [PeerFact("nbdinfo")]
    public async Task Top_shows_exports_and_who_uses_them()
    {
        var monitor = directory.PathOf("monitor");
        using var server = StartOnSocket("disk=mem:1MiB", "--monitor", monitor);
        await ReportAsync(server);
        using var client = DmioProcess.StartOther(
            "nbdsh", "-u", UriOf("disk"), "-c", "print('in', flush=True)", "-c", "import sys; sys.stdin.buffer.read()",
            "-c", "import signal; signal.pause()");
        await client.ReadLineAsync();

        var top = await Command.RunAsync("top", "--socket", monitor, "--once", "--interval", "100ms", "--json");

        var export = top.Json.GetProperty("exports")[0];
        Assert.Equal(
            ("disk", 1), (export.GetProperty("name").GetString(), export.GetProperty("connections").GetInt32()));
        Assert.Equal("mem:1MiB", export.GetProperty("liveDevices")[0].GetString());
        Assert.Equal("disk", top.Json.GetProperty("connections")[0].GetProperty("export").GetString());
        await client.SignalAsync("TERM");
        Assert.Equal((0, ""), await EndAsync(server));
    }

    [PeerFact("nbdsh")]
    public async Task What_clients_did_is_counted_when_they_have_left()
    {
        var monitor = directory.PathOf("monitor");
        using var server = StartOnSocket("disk=mem:1MiB", "--monitor", monitor);
        await ReportAsync(server);

        await RunAsync($"nbdsh -u '{UriOf("disk")}' -c 'h.pwrite(bytes(4096), 0)' -c 'h.pread(512, 0)'");

        await using var looking = await MonitorConnection.OpenAsync(monitor, CancellationToken.None);
        var export = await LookAsync(looking);
        while (export.Connections > 0)
        {
            // The client is gone; each look is a chance for the server to see it.
            export = await LookAsync(looking);
        }

        Assert.Equal((2, 0, 512, 4096), (export.Requests, export.Errors, export.ReadBytes, export.WrittenBytes));
        Assert.Equal((0, ""), await EndAsync(server));
    }

    private static async Task<NbdExportStatus> LookAsync(MonitorConnection monitor) =>
        NbdServerStatus.In((await monitor.AskAsync(CancellationToken.None))!)[0].Exports[0];

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

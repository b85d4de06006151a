using System.Net.Sockets;
using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Volumes;

/// <summary><c>dmio volume --node</c>: the volume of a running <c>dmio serve</c> is shown and changed.</summary>
public sealed class VolumeNodeTests : IDisposable
{
    private readonly TempDirectory directory = new();

    private string MonitorPath => directory.PathOf("monitor");

    private string[] Legs => ["--leg", directory.PathOf("a"), "--leg", directory.PathOf("b")];

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_leg_is_added_compared_and_removed_while_the_volume_is_served()
    {
        using var server = await StartAsync();

        var added = await NodeAsync("add-leg", directory.PathOf("c"), "--create", "16MiB");
        var compared = await NodeAsync("verify");
        var removed = await NodeAsync("remove-leg", directory.PathOf("a"));
        var synced = await NodeAsync("resync");

        Assert.All([added, compared, removed, synced], result => Assert.True(result.ExitCode == 0, result.ToString()));
        Assert.Equal(3, added.Json.GetProperty("legs").GetArrayLength());
        Assert.Equal((0, 15 << 20), (
            compared.Json.GetProperty("differences").GetArrayLength(),
            compared.Json.GetProperty("comparedBytes").GetInt32()));
        Assert.Equal(2, removed.Json.GetProperty("legs").GetArrayLength());
        await EndAsync(server);
        var status = await Command.RunAsync(
            "volume", "status", "--leg", directory.PathOf("b"), "--leg", directory.PathOf("c"), "--json");
        Assert.Equal("Closed", status.Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Legs_with_external_metadata_are_added_and_replace_others_while_the_volume_is_served()
    {
        using var server = await StartAsync();
        var (c, d) = (directory.PathOf("c"), directory.PathOf("d"));

        var added = await NodeAsync("add-leg", $"{c};metadata={c}.meta", "--create", "16MiB");
        var replaced = await NodeAsync(
            "replace-leg", directory.PathOf("a"), $"{d};metadata={d}.meta", "--create", "16MiB");

        Assert.All([added, replaced], result => Assert.True(result.ExitCode == 0, result.ToString()));
        await EndAsync(server);
        var status = await Command.RunAsync(
            "volume", "status", "--leg", directory.PathOf("b"), "--leg", $"{c};metadata={c}.meta",
            "--leg", $"{d};metadata={d}.meta", "--json");
        Assert.Equal("Closed", status.Json.GetProperty("state").GetString());
        Assert.Equal(3, status.Json.GetProperty("legs").GetArrayLength());
    }

    [Fact]
    public async Task The_status_of_an_open_volume_has_the_form_of_a_closed_one()
    {
        using var server = await StartAsync();

        var open = await NodeAsync("status");
        var listed = await Command.RunAsync("volume", "list", "--node", MonitorPath, "--json");
        var locked = await Command.RunAsync(["volume", "status", .. Legs]);
        await EndAsync(server);
        var closed = await Command.RunAsync(["volume", "status", .. Legs, "--json"]);

        Assert.Equal("Healthy", open.Json.GetProperty("state").GetString());
        Assert.Equal("vol:disk", listed.Json.GetProperty("volumes")[0].GetProperty("volume").GetString());
        Assert.Equal(2, locked.ExitCode);
        Assert.Contains("dmio volume status --node", locked.Error);
        Assert.Equal(closed.Json.GetProperty("id").GetGuid(), open.Json.GetProperty("id").GetGuid());
        Assert.Equal(
            closed.Json.EnumerateObject().Select(member => member.Name),
            open.Json.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task A_volume_grows_at_its_service_when_its_legs_were_replaced_by_larger_ones()
    {
        using var server = await StartAsync();
        await NodeAsync("replace-leg", directory.PathOf("a"), directory.PathOf("c"), "--create", "24MiB");
        var small = await NodeAsync("grow", "--size", "20MiB");
        await NodeAsync("replace-leg", directory.PathOf("b"), directory.PathOf("d"), "--create", "24MiB");

        var grown = await NodeAsync("grow", "--size", "20MiB");

        Assert.Equal(2, small.ExitCode);
        Assert.Contains("room", small.Error);
        Assert.True(grown.ExitCode == 0, grown.ToString());
        Assert.Equal(20 << 20, grown.Json.GetProperty("size").GetInt32());
        await EndAsync(server);
    }

    [Fact]
    public async Task A_leg_that_is_gone_and_a_witness_are_shown_at_the_service()
    {
        using var server = await StartAsync();
        await NodeAsync("add-witness", directory.PathOf("w"), "--create", "16KiB");
        await OtherProgram.RunAsync("truncate", "-s", "0", directory.PathOf("a"));
        var export = $"nbd+unix:///disk?socket={directory.PathOf("nbd")}";
        await Command.RunAsync(
            "write", "--region", $"{export}@0", "--from", directory.Write("data", new string('x', 512)));
        var status = await NodeAsync("status");

        var lost = status.Json.GetProperty("legs")[0];
        Assert.Equal("Absent", lost.GetProperty("state").GetString());
        Assert.Contains("shorter", lost.GetProperty("cause").GetString());
        Assert.True(status.Json.GetProperty("witness")[0].GetProperty("reachable").GetBoolean());
        await EndAsync(server);
    }

    [Fact]
    public async Task A_volume_that_is_stopped_at_its_service_is_not_opened_again()
    {
        using var server = await StartAsync();

        var stopped = await NodeAsync("stop");

        Assert.True(stopped.ExitCode == 0, stopped.ToString());
        Assert.Equal("Stopped", stopped.Json.GetProperty("state").GetString());
        await EndAsync(server);
        var status = await Command.RunAsync(["volume", "status", .. Legs, "--json"]);
        Assert.Equal("Stopped", status.Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_loopback_address_is_read_only()
    {
        var port = FreePort();
        using var server = await StartAsync("--http", $"127.0.0.1:{port}");
        var url = $"http://127.0.0.1:{port}";

        var status = await Command.RunAsync("volume", "status", "--node", url, "--json");
        var stop = await Command.RunAsync("volume", "stop", "--node", url);
        using var client = new HttpClient();
        var metrics = await client.GetStringAsync($"{url}/metrics");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{url}/dmio/v1/statistics");
        request.Headers.Host = "example.org";
        using var foreign = await client.SendAsync(request);

        Assert.Equal("Healthy", status.Json.GetProperty("state").GetString());
        Assert.Equal(2, stop.ExitCode);
        Assert.Contains("dmio_device_io_bytes_total", metrics);
        Assert.Equal(400, (int)foreign.StatusCode);
        await EndAsync(server);
    }

    [Theory]
    [InlineData("volume status", "--leg DEVICE), or the service that has it open (--node ENDPOINT)")]
    [InlineData("volume status --leg a --node s", "--leg has no meaning with --node")]
    [InlineData("volume verify --node s --max-rate 1MiB", "--max-rate has no meaning with --node")]
    [InlineData("volume status --leg a --volume v", "give --node ENDPOINT too")]
    [InlineData("volume status --node no-such-socket", "there is no socket 'no-such-socket'")]
    [InlineData("volume status --node http://127.0.0.1:1", "no process listens on 'http://127.0.0.1:1'")]
    [InlineData("volume list a --node s", "give no device")]
    [InlineData("bench --region mem:4KiB@0 --operation read --http 0.0.0.0:0", "is not encrypted")]
    public async Task It_is_refused_in_one_line_that_names_the_error(string arguments, string named)
    {
        var result = await Command.RunAsync(arguments.Split(' '));

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains(named, result.Error);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    private async Task<DmioProcess> StartAsync(params string[] options)
    {
        var created = await Command.RunAsync(["volume", "create", "disk", .. Legs, "--create", "16MiB"]);
        Assert.True(created.ExitCode == 0, created.ToString());
        var server = DmioProcess.StartCommand(
            ["serve", "--export", $"disk=vol:{directory.PathOf("a")},{directory.PathOf("b")}", "--unix",
                directory.PathOf("nbd"), "--monitor", MonitorPath, "--json", .. options]);
        Assert.NotNull(await server.ReadLineAsync());
        return server;
    }

    private Task<CommandResult> NodeAsync(string command, params string[] arguments) =>
        Command.RunAsync(["volume", command, .. arguments, "--node", MonitorPath, "--json"]);

    private static async Task EndAsync(DmioProcess server)
    {
        await server.SignalAsync("TERM");
        Assert.Equal(0, (await server.EndUnreadAsync()).ExitCode);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}

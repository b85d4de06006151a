using System.Net.Sockets;
using DmIo.Cli.Http;
using DmIo.Cli.Tests.Support;
using Xunit;

namespace DmIo.Cli.Tests.Serve;

/// <summary>The sockets of <c>dmio serve</c>: permissions, replacement, and limits of descriptors.</summary>
public sealed class ServeSocketTests : IDisposable
{
    private readonly TempDirectory directory = new();

    private string SocketPath => directory.PathOf("nbd.sock");

    private string MonitorPath => directory.PathOf("monitor.sock");

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("000")]
    [InlineData("777")]
    public async Task With_any_umask_only_the_owner_has_access(string umask)
    {
        var result = await DmioProcess.RunAsync(directory, $$"""
            (umask {{umask}}; exec dmio serve --export disk=mem:1MiB --unix nbd.sock --monitor monitor.sock) > served &
            server=$!
            until test -s served; do sleep 0.1; done
            stat -c %a nbd.sock monitor.sock; kill $server; wait $server
            """);

        Assert.Equal("600\n600\n", result.Output);
    }

    [Fact]
    public async Task A_replaced_socket_is_not_deleted_by_its_first_server()
    {
        using var first = Start();
        await first.ReadLineAsync();
        File.Delete(SocketPath);
        File.Delete(MonitorPath);
        using var second = Start();
        await second.ReadLineAsync();

        await first.SignalAsync("TERM");
        Assert.Equal(0, (await first.EndUnreadAsync()).ExitCode);

        using var client = await ConnectAsync(SocketPath);
        Assert.True(await IsGreetedAsync(client));
        using var monitor = new NodeClient(MonitorPath);
        Assert.NotNull(await monitor.GetStatisticsAsync(mayHaveEnded: false, CancellationToken.None));
    }

    [Fact]
    public async Task A_socket_whose_server_is_stopped_is_refused_at_once()
    {
        using var first = Start();
        await first.ReadLineAsync();
        await first.SignalAsync("STOP");
        var waiting = new List<Socket>();
        while (TryConnect(waiting))
        {
        }

        var other = await Command.RunAsync("serve", "--export", "disk=mem:1MiB", "--unix", SocketPath);

        Assert.Equal((2, ""), (other.ExitCode, other.Output));
        Assert.Contains("another process listens", other.Error);
        waiting.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Clients_beyond_the_descriptors_are_refused_and_later_clients_are_served()
    {
        using var server = DmioProcess.StartOther("bash", "-c", "ulimit -n 180; exec "
            + $"{DmioProcess.CommandText} serve --export disk=mem:1MiB --unix '{SocketPath}'");
        await server.ReadLineAsync();
        var clients = new List<Socket>();
        for (var number = 0; number < 200; number++)
        {
            clients.Add(await ConnectAsync(SocketPath));
        }

        var greeted = 0;
        foreach (var client in clients)
        {
            greeted += await IsGreetedAsync(client) ? 1 : 0;
        }

        Assert.InRange(greeted, 1, 157);
        clients.ForEach(client => client.Dispose());
        for (var isServed = false; !isServed;)
        {
            // The server detects closed connections between two attempts.
            using var late = await ConnectAsync(SocketPath);
            isServed = await IsGreetedAsync(late);
        }

        await server.SignalAsync("TERM");
        var (exitCode, error) = await server.EndUnreadAsync();
        Assert.Equal(0, exitCode);
        Assert.Contains("The server accepts fewer than 1024 connections", error);
        Assert.Contains("is refused", error);
    }

    [Fact]
    public async Task A_server_for_whose_clients_no_descriptor_is_left_does_not_start()
    {
        var result = await DmioProcess.RunAsync(directory, $$"""
            ulimit -n 162
            dmio serve --export disk=disk --create 1MiB --unix nbd.sock --monitor monitor.sock || echo $?
            ls
            """);

        Assert.Equal("2\n", result.Output);
        Assert.Contains("this process may open 162 descriptors (RLIMIT_NOFILE)", result.Error);
        Assert.Matches("Raise the limit, for example to (256|512) ", result.Error);
    }

    [PeerFact("prlimit")]
    public async Task Without_free_descriptors_clients_wait_until_one_is_free()
    {
        using var server = Start();
        await server.ReadLineAsync();
        await LimitAsync(server, "3:");

        using var client = await ConnectAsync(SocketPath);
        var printed = await server.ReadErrorLineAsync();
        await LimitAsync(server, "512:");

        Assert.Contains("cannot accept", printed);
        Assert.True(await IsGreetedAsync(client));
        await server.SignalAsync("TERM");
        Assert.Equal(0, (await server.EndUnreadAsync()).ExitCode);
    }

    private static async Task LimitAsync(DmioProcess server, string limit)
    {
        var (exitCode, printed) = await PeerProcess.RunAsync("prlimit", "--pid", $"{server.Id}", $"--nofile={limit}");
        Assert.True(exitCode == 0, printed);
    }

    private static async Task<Socket> ConnectAsync(string path)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path)).InTime();
                return socket;
            }
            catch (SocketException fault) when (fault.SocketErrorCode is SocketError.WouldBlock or SocketError.TryAgain)
            {
                // The accept queue is full; a blocking connect would wait here.
                socket.Dispose();
                await Task.Delay(1);
            }
        }
    }

    /// <summary>False: the server closed the connection.</summary>
    private static async Task<bool> IsGreetedAsync(Socket client) =>
        await client.ReceiveAsync(new byte[1]).InTime() > 0;

    private bool TryConnect(List<Socket> clients)
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        clients.Add(client);
        try
        {
            client.Connect(new UnixDomainSocketEndPoint(SocketPath));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private DmioProcess Start() => DmioProcess.StartCommand(
        "serve", "--export", "disk=mem:1MiB", "--unix", SocketPath, "--monitor", MonitorPath, "--json");
}

using System.Net;
using System.Net.Sockets;
using DmIo.Nbd;

namespace DmIo.Testing.Peers;

/// <summary>
/// The NBD server of another program, listening on a unix socket in its own directory or on a loopback port.
/// <see cref="DisposeAsync"/> ends it; <see cref="RestartAsync"/> starts it again at the same address.
/// </summary>
internal sealed class NbdPeer : IAsyncDisposable
{
    private readonly TemporaryDirectory home;
    private readonly Func<Task<PeerProcess>> start;
    private PeerProcess? process;

    private NbdPeer(TemporaryDirectory home, NbdUri uri, Func<Task<PeerProcess>> start)
    {
        this.home = home;
        this.start = start;
        Uri = uri;
    }

    /// <summary>The URI of its export.</summary>
    internal NbdUri Uri { get; }

    /// <summary>The current process.</summary>
    internal PeerProcess Process => process ?? throw new InvalidOperationException("The server has not started.");

    /// <summary>nbdkit on a unix socket: <c>Nbdkit("--filter=error", "memory", "64M", "error=EIO")</c>.</summary>
    internal static Task<NbdPeer> NbdkitAsync(params string[] arguments) =>
        UnixAsync("", socket => StartAsync("nbdkit", socket + ".pid", ["-f", "-U", socket, .. arguments]));

    /// <summary>nbdkit on a loopback port.</summary>
    internal static Task<NbdPeer> NbdkitTcpAsync(params string[] arguments)
    {
        var port = FreePort();
        var directory = new TemporaryDirectory();
        var idFile = directory.FilePath("nbdkit.pid");
        return StartedAsync(new NbdPeer(
            directory,
            NbdUri.Tcp("127.0.0.1", port, ""),
            () => StartAsync("nbdkit", idFile, ["-f", "-i", "127.0.0.1", "-p", $"{port}", .. arguments])));
    }

    /// <summary>qemu-nbd on a unix socket, for up to 16 clients: <c>QemuNbd("-r", path)</c>.</summary>
    internal static Task<NbdPeer> QemuNbdAsync(params string[] arguments) => UnixAsync("", socket => StartAsync(
        "qemu-nbd", socket + ".pid", ["-f", "raw", "-t", "-e", "16", "-k", socket, .. arguments]));

    /// <summary>nbd-server on a unix socket, with one export named <c>disk</c>.</summary>
    /// <param name="path">The export's file.</param>
    /// <param name="options">Lines of the export's section, such as <c>flush = true</c>.</param>
    internal static Task<NbdPeer> NbdServerAsync(string path, params string[] options) =>
        UnixAsync("disk", async socket =>
        {
            var (configuration, idFile) = (socket + ".conf", socket + ".pid");
            File.WriteAllLines(
                configuration, ["[generic]", $"unixsock = {socket}", "[disk]", $"exportname = {path}", .. options]);
            File.Delete(idFile);
            var started = await PeerProcess.StartDaemonAsync(
                "nbd-server", idFile, "-C", configuration, "-p", idFile);
            await GreetedAsync(socket);
            return started;
        });

    /// <summary>Kills it with SIGKILL, like a power failure.</summary>
    internal Task KillAsync() => Process.KillAsync();

    /// <summary>Starts it again at the same address.</summary>
    internal async Task RestartAsync()
    {
        await Process.DisposeAsync();
        if (Uri.SocketPath is { } socket)
        {
            File.Delete(socket);
        }

        process = await start();
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            await process.DisposeAsync();
        }

        home.Dispose();
    }

    /// <summary>nbd-server sometimes does not accept the first connection until the second one arrives.</summary>
    private static async Task GreetedAsync(string path)
    {
        for (var isGreeted = false; !isGreeted;)
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), limit.Token);
                isGreeted = await socket.ReceiveAsync(new byte[18], limit.Token) > 0;
            }
            catch (Exception fault) when (fault is OperationCanceledException or SocketException)
            {
                // The next attempt succeeds.
            }
        }
    }

    /// <summary>A port that was just free; another process is unlikely to take it before it is used.</summary>
    private static int FreePort()
    {
        using var finder = new TcpListener(IPAddress.Loopback, 0);
        finder.Start();
        return ((IPEndPoint)finder.LocalEndpoint).Port;
    }

    private static async Task<PeerProcess> StartAsync(string program, string idFile, string[] arguments)
    {
        File.Delete(idFile);
        var option = program == "nbdkit" ? "-P" : "--pid-file";
        var started = PeerProcess.Start(program, [option, idFile, .. arguments]);
        try
        {
            await started.WaitForFileAsync(idFile);
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    private static Task<NbdPeer> UnixAsync(string export, Func<string, Task<PeerProcess>> start)
    {
        var directory = new TemporaryDirectory();
        var socket = directory.FilePath("nbd.sock");
        return StartedAsync(new NbdPeer(directory, NbdUri.Unix(socket, export), () => start(socket)));
    }

    private static async Task<NbdPeer> StartedAsync(NbdPeer peer)
    {
        try
        {
            peer.process = await peer.start();
            return peer;
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }
}

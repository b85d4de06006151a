using System.Net.Sockets;
using Akka.Configuration;

namespace DmIo.Actors;

/// <summary>
/// A listening unix socket in the file system, for its owner's user alone (mode 0600). Its file is gone when it is
/// closed; one that a dead process left is replaced, one on which somebody listens is not.
/// </summary>
internal sealed class MonitorSocket : IDisposable
{
    /// <summary>The setting, which faults name.</summary>
    internal const string Setting = "dmio.monitor.socket";

    private const int Backlog = 16;

    private readonly Socket listener;

    private MonitorSocket(Socket listener) => this.listener = listener;

    /// <exception cref="ConfigurationException">It can't be had; the message names the setting, the path and
    /// why.</exception>
    internal static MonitorSocket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            var full = Path.GetFullPath(path);
            var address = new UnixDomainSocketEndPoint(full);
            StaleSocket.Remove(full, address);
            Bind(socket, full, address);
            return new MonitorSocket(socket);
        }
        catch (Exception fault) when (fault is SocketException or IOException or UnauthorizedAccessException
            or ArgumentException or PlatformNotSupportedException)
        {
            socket.Dispose();
            throw new ConfigurationException(
                $"{Setting} is '{path}', which can't be listened on: {ListenFault.Explain(fault, path)}", fault);
        }
    }

    internal ValueTask<Socket> AcceptAsync(CancellationToken end) => listener.AcceptAsync(end);

    /// <summary>Takes its file with it.</summary>
    public void Dispose() => listener.Dispose();

    /// <summary>Nobody can connect before the mode is set: until then it does not listen.</summary>
    private static void Bind(Socket socket, string full, UnixDomainSocketEndPoint address)
    {
        socket.Bind(address);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(full, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        socket.Listen(Backlog);
    }
}

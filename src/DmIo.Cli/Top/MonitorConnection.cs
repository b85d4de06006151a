using System.Net.Sockets;
using System.Text.Json;
using DmIo.Actors.Telemetry;

namespace DmIo.Cli;

/// <summary>A connection to the socket of <c>dmio.monitor.socket</c>: asks for a line, reads it.</summary>
internal sealed class MonitorConnection : IAsyncDisposable
{
    /// <summary>Thousands of devices and leases.</summary>
    private const int LongestLine = 32 << 20;

    private readonly string path;
    private readonly NetworkStream stream;
    private readonly MemoryStream line = new();
    private readonly byte[] buffer = new byte[16384];
    private int unread;

    private MonitorConnection(string path, Socket socket)
    {
        this.path = path;
        stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <exception cref="RefusedException">There is no such socket, nobody listens, or it is another
    /// user's.</exception>
    internal static async Task<MonitorConnection> OpenAsync(string path, CancellationToken end)
    {
        if (!Path.Exists(path))
        {
            throw new RefusedException(
                $"there is no socket '{path}'; it is what dmio.monitor.socket, or dmio bench --monitor, says.");
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), end);
            return new MonitorConnection(path, socket);
        }
        catch (Exception fault) when (fault is SocketException or ArgumentException or PlatformNotSupportedException)
        {
            socket.Dispose();
            throw new RefusedException(
                fault is SocketException { SocketErrorCode: SocketError.ConnectionRefused }
                    ? $"nobody listens at '{path}': the service has ended, or it is no socket."
                    : $"cannot connect to '{path}': {fault.Message}",
                fault);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await line.DisposeAsync();
    }

    /// <summary>What the service does now; null: it has ended.</summary>
    /// <exception cref="RefusedException">Something else answers.</exception>
    internal async Task<ServiceStatistics?> AskAsync(CancellationToken end)
    {
        try
        {
            await stream.WriteAsync("stats\n"u8.ToArray(), end);
            return await ReadLineAsync(end) ? ServiceStatistics.Parse(Line) : null;
        }
        catch (IOException)
        {
            return null;
        }
        catch (JsonException fault)
        {
            throw NoService(fault.Message, fault);
        }
    }

    /// <summary>What answers makes no sense.</summary>
    internal RefusedException NoService(string reason, Exception? fault = null) =>
        new($"what answers at '{path}' is no service: {reason}", fault);

    private ReadOnlySpan<byte> Line => line.GetBuffer().AsSpan(0, (int)line.Length);

    private async Task<bool> ReadLineAsync(CancellationToken end)
    {
        line.SetLength(0);
        while (true)
        {
            var rest = buffer.AsSpan(0, unread);
            var length = rest.IndexOf((byte)'\n');
            if (length >= 0)
            {
                line.Write(rest[..length]);
                rest[(length + 1)..].CopyTo(buffer);
                unread -= length + 1;
                return true;
            }

            line.Write(rest);
            if (line.Length > LongestLine)
            {
                throw NoService($"it said {line.Length} bytes and did not end the line.");
            }

            unread = await stream.ReadAsync(buffer, end);
            if (unread == 0)
            {
                return false;
            }
        }
    }
}

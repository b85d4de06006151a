using System.Net.Sockets;
using System.Text.Json;
using DmIo.Actors.Telemetry;
using DmIo.Cli.Exit;

namespace DmIo.Cli.Top;

/// <summary>A connection to the socket of <c>dmio.monitor.socket</c>: sends a request, reads one line.</summary>
internal sealed class MonitorConnection : IAsyncDisposable
{
    /// <summary>Enough for thousands of devices and leases.</summary>
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

    /// <exception cref="RefusedException">The socket does not exist, no process listens, or the socket belongs to
    /// another user.</exception>
    internal static async Task<MonitorConnection> OpenAsync(string path, CancellationToken end)
    {
        if (!Path.Exists(path))
        {
            throw new RefusedException(
                $"there is no socket '{path}'; give the path in dmio.monitor.socket, or in --monitor of dmio bench or "
                + "serve.");
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
                    ? $"no process listens on '{path}': the service has ended, or the file is not a socket."
                    : $"cannot connect to '{path}': {fault.Message}",
                fault);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await line.DisposeAsync();
    }

    /// <summary>The current statistics; null: the service has ended.</summary>
    /// <exception cref="RefusedException">The answer is not that of a service.</exception>
    internal async Task<ServiceStatistics?> GetAsync(CancellationToken end)
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
            throw NotAService(fault.Message, fault);
        }
    }

    /// <summary>The refusal of an invalid answer.</summary>
    internal RefusedException NotAService(string reason, Exception? fault = null) =>
        new($"the process at '{path}' is not a dmio service: {reason}", fault);

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
                throw NotAService($"it sent {line.Length} bytes without the end of a line.");
            }

            unread = await stream.ReadAsync(buffer, end);
            if (unread == 0)
            {
                return false;
            }
        }
    }
}

using System.Net.Sockets;
using System.Text.Json;
using DmIo.Actors.Telemetry;
using DmIo.Cli.Exit;
using DmIo.Cli.Reports;

namespace DmIo.Cli.Top;

/// <summary>
/// Snapshots of the service on a socket, from successive statistics. The first interval is at most half a second, so
/// that the first rates are shown soon.
/// </summary>
internal sealed class MonitorSource : ITopSource
{
    private static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(500);

    private readonly MonitorConnection connection;
    private readonly TimeSpan interval;
    private ServiceStatistics? last;
    private bool isFirst = true;

    private MonitorSource(MonitorConnection connection, TimeSpan interval)
    {
        this.connection = connection;
        this.interval = interval;
    }

    /// <exception cref="RefusedException">No service listens on the socket.</exception>
    internal static async Task<MonitorSource> OpenAsync(string path, TimeSpan interval, CancellationToken end) =>
        new(await MonitorConnection.OpenAsync(path, end), interval);

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    public async ValueTask<TopSnapshot?> NextAsync(CancellationToken end)
    {
        last ??= await connection.GetAsync(end);
        if (last is null)
        {
            return null;
        }

        await Task.Delay(isFirst && FirstInterval < interval ? FirstInterval : interval, end);
        isFirst = false;
        var now = await connection.GetAsync(end);
        if (now is null)
        {
            return null;
        }

        var snapshot = Between(last, now);
        last = now;
        return snapshot;
    }

    /// <exception cref="RefusedException">The statistics are valid JSON with invalid contents: a device twice, a count
    /// that overflows.</exception>
    private TopSnapshot Between(ServiceStatistics before, ServiceStatistics now)
    {
        try
        {
            return TopRates.Between(before, now);
        }
        catch (Exception fault)
        {
            // The statistics come from another process, so any exception is possible.
            throw connection.NotAService(fault.Message, fault);
        }
    }
}

/// <summary>The snapshots of a running service. Tests have prepared snapshots.</summary>
internal interface ITopSource : IAsyncDisposable
{
    /// <summary>Waits for the next snapshot; null: the service has ended.</summary>
    ValueTask<TopSnapshot?> NextAsync(CancellationToken end);
}

/// <summary>A connection to the socket of <c>dmio.monitor.socket</c>: sends a request, reads one line.</summary>
internal sealed class MonitorConnection : IAsyncDisposable
{
    /// <summary>Enough for thousands of devices and leases.</summary>
    private const int MaxLineBytes = 32 << 20;

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
            if (line.Length > MaxLineBytes)
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

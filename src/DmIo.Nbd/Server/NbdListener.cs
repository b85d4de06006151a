using System.Net;
using System.Net.Sockets;
using System.Numerics;
using DmIo.Actors.Protocol;
using DmIo.Native;

namespace DmIo.Nbd.Server;

/// <summary>A listening socket: TCP, or a unix socket (<see cref="UnixListener"/>).</summary>
internal sealed class NbdListener : IDisposable
{
    private const int Backlog = 128;

    private readonly UnixListener? unix;
    private readonly Socket socket;

    /// <exception cref="IoRefusedException">The address is in use or invalid.</exception>
    internal NbdListener(EndPoint endPoint)
    {
        try
        {
            unix = endPoint is UnixDomainSocketEndPoint path ? new UnixListener(path, Backlog) : null;
            socket = unix?.Socket ?? Listen(endPoint);
            EndPoint = unix is null ? socket.LocalEndPoint! : endPoint;
        }
        catch (Exception fault) when (fault is SocketException or IOException)
        {
            throw new IoRefusedException($"Cannot listen on '{endPoint}': {fault.Message}");
        }
    }

    /// <summary>The address, with the port that the system chose.</summary>
    internal EndPoint EndPoint { get; }

    /// <summary>Accepts connections until the listener is disposed. Throws if a connection cannot be accepted, for
    /// example because of too many open files; it can be called again then.</summary>
    /// <param name="accept">Receives each connection, and owns it.</param>
    internal async Task RunAsync(Action<Socket> accept)
    {
        while (true)
        {
            Socket connection;
            try
            {
                connection = await socket.AcceptAsync().ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is ObjectDisposedException
                or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }

            Prepare(connection);
            accept(connection);
        }
    }

    public void Dispose()
    {
        unix?.Dispose();
        socket.Dispose();
    }

    private static Socket Listen(EndPoint endPoint)
    {
        var listening = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listening.Bind(endPoint);
            listening.Listen(Backlog);
            return listening;
        }
        catch
        {
            listening.Dispose();
            throw;
        }
    }

    private static void Prepare(Socket connection)
    {
        if (connection.ProtocolType != ProtocolType.Tcp)
        {
            return;
        }

        try
        {
            connection.NoDelay = true;
            connection.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        }
        catch (SocketException)
        {
            // The client has disconnected; the first receive reports that.
        }
    }
}

/// <summary>Limits the number of connections to the configured maximum, and so that enough file descriptors remain for
/// devices and the service. The system assigns the lowest free descriptor, so the descriptor of a new connection tells
/// how many are in use in the process.</summary>
/// <param name="max">The configured maximum.</param>
/// <param name="descriptors">The descriptor limit of the process; null: unknown.</param>
internal sealed class ConnectionLimit(int max, long? descriptors)
{
    private const int MinReserved = 32;
    private const int MaxReserved = 64;
    private const int ReservedPart = 8;

    /// <summary>What the runtime opens between the start and the first connection; 2 were seen.</summary>
    private const int Growth = 8;

    /// <summary>The descriptors that connections may use: all except an eighth, at least 32 and at most 64.</summary>
    private readonly long? usable = descriptors
        - Math.Clamp((descriptors ?? 0) / ReservedPart, MinReserved, MaxReserved);

    /// <summary>The warning to log at startup; null: none.</summary>
    internal string? Notice => usable < max
        ? $"The server accepts fewer than {max} connections: this process may open {descriptors} descriptors "
            + $"(RLIMIT_NOFILE), and {descriptors - usable} of them are reserved for devices. "
            + "Raise the limit (ulimit -n)."
        : null;

    /// <summary>With the limit of this process.</summary>
    internal static ConnectionLimit Of(int max) => new(
        max,
        LinuxNative.IsAvailable && LinuxNative.DescriptorLimit(out var limit) == 0 && limit <= int.MaxValue
            ? (long)limit
            : null);

    /// <summary>Why a server cannot start; null: at least one connection fits.</summary>
    /// <param name="descriptor">The lowest free descriptor before the first connection.</param>
    internal string? StartFault(long descriptor) => descriptor + Growth >= usable
        ? $"The server would accept no connection: this process may open {descriptors} descriptors (RLIMIT_NOFILE), "
            + $"{descriptor} are in use, and {descriptors - usable} are reserved for devices. Raise the limit, for "
            + $"example to {SuggestedFor(descriptor)} (ulimit -n {SuggestedFor(descriptor)})."
        : null;

    /// <summary>Why a new connection is refused; null: its descriptor is not one of the reserved ones.</summary>
    internal string? DescriptorFault(long descriptor) => descriptor >= usable
        ? $"{descriptor} of the {descriptors} descriptors that this process may open (RLIMIT_NOFILE) are in use; raise "
            + "the limit (ulimit -n)"
        : null;

    /// <summary>Why a new connection is refused; null: it is accepted.</summary>
    /// <param name="count">The number of connections.</param>
    internal string? CountFault(int count) => count >= max ? $"there are already {count} connections" : null;

    /// <summary>The next power of two that leaves as many descriptors for connections as are in use.</summary>
    private static long SuggestedFor(long descriptor) => 1L << (BitOperations.Log2((ulong)descriptor) + 2);
}

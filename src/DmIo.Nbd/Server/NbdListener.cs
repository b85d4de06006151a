using System.Net;
using System.Net.Sockets;
using DmIo.Actors.Protocol;
using DmIo.Actors.Telemetry;
using DmIo.Devices.Files;

namespace DmIo.Nbd.Server;

/// <summary>One address that is listened on; a unix socket as <see cref="UnixListener"/> has it.</summary>
internal sealed class NbdListener : IDisposable
{
    private const int Backlog = 128;

    private readonly UnixListener? unix;
    private readonly Socket socket;

    /// <exception cref="IoRefusedException">The address can't be listened on.</exception>
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
            throw new IoRefusedException($"'{endPoint}' can't be listened on: {fault.Message}");
        }
    }

    /// <summary>With the port that the system chose.</summary>
    internal EndPoint EndPoint { get; }

    /// <summary>Accepts connections until it is disposed of. It fails with whatever keeps it from accepting one, as too
    /// many open files; it may be run again then.</summary>
    /// <param name="accept">Gets each connection, and owns it.</param>
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
            // The client has gone already; the first receive finds that.
        }
    }
}

/// <summary>
/// How many connections a server has at once: as many as its options say, and no more than leave descriptors for
/// devices and for the service itself. The system gives out the lowest free descriptor, so the number of a new
/// connection's tells how many are in use, whoever has them.
/// </summary>
/// <param name="most">Of the options.</param>
/// <param name="descriptors">How many the process may have open; null: that is not known.</param>
internal sealed class ConnectionLimit(int most, long? descriptors)
{
    private const int MostKept = 64;
    private const int PartKept = 8;

    /// <summary>Kept free of connections: an eighth, 64 at most.</summary>
    private readonly long? free = descriptors - Math.Min(MostKept, (descriptors ?? 0) / PartKept);

    /// <summary>What is to be said of it at the start; null: nothing.</summary>
    internal string? Notice => free < most
        ? $"The server accepts fewer than {most} connections: this process may have {descriptors} descriptors open "
            + $"(RLIMIT_NOFILE), and {descriptors - free} of them are kept for devices. Raise the limit (ulimit -n)."
        : null;

    /// <summary>By the limit of this process.</summary>
    internal static ConnectionLimit Of(int most) => new(
        most,
        LinuxNative.IsAvailable && LinuxNative.DescriptorLimit(out var limit) == 0 && limit <= int.MaxValue
            ? (long)limit
            : null);

    /// <summary>Why one more can't be had; null: it can.</summary>
    /// <param name="count">Those that there are.</param>
    /// <param name="descriptor">Of the new one.</param>
    internal string? Fault(int count, long descriptor) =>
        count >= most ? $"there are {count} connections already"
        : descriptor >= free ? $"{descriptor} of the {descriptors} descriptors that this process may have open "
            + "(RLIMIT_NOFILE) are in use; raise the limit (ulimit -n)"
        : null;
}

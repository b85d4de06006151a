using System.Net;
using System.Net.Sockets;
using DmIo.Actors.Protocol;
using DmIo.Actors.Telemetry;

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

using System.Net;
using System.Net.Sockets;
using DmIo.Actors;

namespace DmIo.Nbd.Server;

/// <summary>One address that is listened on. A unix socket's file that a dead process left is replaced; it goes with
/// the listener.</summary>
internal sealed class NbdListener : IDisposable
{
    private const int Backlog = 128;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Socket socket;

    /// <exception cref="IoRefusedException">The address is not to be had.</exception>
    internal NbdListener(EndPoint endPoint)
    {
        socket = new Socket(
            endPoint.AddressFamily,
            SocketType.Stream,
            endPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            if (endPoint is UnixDomainSocketEndPoint unix)
            {
                StaleSocket.Remove(unix.ToString(), unix);
            }

            socket.Bind(endPoint);
            socket.Listen(Backlog);
            EndPoint = endPoint is IPEndPoint ? socket.LocalEndPoint! : endPoint;
        }
        catch (Exception fault) when (fault is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            var path = (endPoint as UnixDomainSocketEndPoint)?.ToString();
            throw new IoRefusedException($"'{endPoint}' can't be listened on: {ListenFault.Explain(fault, path)}");
        }
    }

    /// <summary>With the port that the system chose.</summary>
    internal EndPoint EndPoint { get; }

    /// <summary>Hands over who comes, until it is disposed of.</summary>
    /// <param name="accept">Gets the connection.</param>
    /// <param name="trouble">Told why one could not be taken; it goes on.</param>
    internal async Task RunAsync(Action<Socket> accept, Action<string> trouble)
    {
        while (true)
        {
            try
            {
                var connection = await socket.AcceptAsync().ConfigureAwait(false);
                if (connection.ProtocolType == ProtocolType.Tcp)
                {
                    connection.NoDelay = true;
                    connection.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                }

                accept(connection);
            }
            catch (Exception fault) when (fault is ObjectDisposedException
                or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException fault)
            {
                trouble(fault.Message);
                await Task.Delay(Pause).ConfigureAwait(false);
            }
        }
    }

    public void Dispose() => socket.Dispose();
}

using System.Net.Sockets;

namespace DmIo.Nbd.Transport;

/// <summary>The errno values of connection failures.</summary>
internal static class ConnectionErrors
{
    /// <summary>EPIPE.</summary>
    internal const int BrokenPipe = 32;

    /// <summary>EPROTO: the peer violated the protocol.</summary>
    internal const int Protocol = 71;

    /// <summary>ECONNRESET: the connection was lost while the request was in flight.</summary>
    internal const int Reset = 104;

    /// <summary>ENOTCONN: there was no connection.</summary>
    internal const int NotConnected = 107;

    /// <summary>ETIMEDOUT.</summary>
    internal const int TimedOut = 110;

    /// <summary>The peer closed the connection, so it executes no further requests of it.</summary>
    internal static bool IsEndByPeer(Exception fault) => fault switch
    {
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown } } =>
            true,
        IOException { HResult: BrokenPipe or Reset } => true,
        _ => false,
    };
}

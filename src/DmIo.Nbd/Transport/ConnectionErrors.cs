using System.Net.Sockets;
using DmIo.Io;

namespace DmIo.Nbd.Transport;

/// <summary>Linux's error numbers for what happens to connections, as a failed operation names them.</summary>
internal static class ConnectionErrors
{
    /// <summary>EPIPE.</summary>
    internal const int BrokenPipe = 32;

    /// <summary>EPROTO: the other side does not speak the protocol.</summary>
    internal const int Protocol = 71;

    /// <summary>ECONNRESET: it was lost with this on it.</summary>
    internal const int Reset = 104;

    /// <summary>ENOTCONN: there was none.</summary>
    internal const int NotConnected = 107;

    /// <summary>ETIMEDOUT.</summary>
    internal const int TimedOut = 110;

    /// <summary>An operation failed, and it is not known whether it took place, or still will.</summary>
    internal static bool IsInDoubt(in IoStatus status) => status switch
    {
        { Code: IoStatusCode.TimedOut } => true,
        { Code: IoStatusCode.DeviceError, Failure.Errno: BrokenPipe or Protocol or Reset or TimedOut } => true,
        _ => false,
    };

    /// <summary>Did the other side close it? Then it answers, and will do nothing more for it.</summary>
    internal static bool IsEndByPeer(Exception fault) => fault switch
    {
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown } } =>
            true,
        IOException { HResult: BrokenPipe or Reset } => true,
        _ => false,
    };
}

using System.Net.Sockets;

namespace DmIo.Actors;

/// <summary>The file of a unix socket that a dead process left, in the way of who wants to listen there. Nothing else
/// is ever deleted: a file that is no socket refuses connections, too.</summary>
internal static class StaleSocket
{
    // How Linux, and how macOS, refuse to open a socket.
    private const int NoSuchDeviceOrAddress = 6;
    private const int NotSupportedOnSocket = 102;

    /// <summary>Removes it, if it is there.</summary>
    /// <exception cref="IOException">Somebody listens there, or it is no socket.</exception>
    internal static void Remove(string path, UnixDomainSocketEndPoint address)
    {
        if (!File.Exists(path))
        {
            return;
        }

        if (!IsSocket(path))
        {
            throw new IOException("there is a file that is no socket.");
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(address);
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }

        throw new IOException("somebody listens there already.");
    }

    /// <summary>A socket alone can't be opened, and says so. Any other fault, as of a file that somebody has locked, is
    /// none of a socket's.</summary>
    private static bool IsSocket(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, access: FileAccess.ReadWrite, share: FileShare.ReadWrite);
            return false;
        }
        catch (IOException fault)
        {
            return fault.HResult is NoSuchDeviceOrAddress or NotSupportedOnSocket;
        }
    }
}

using System.Net.Sockets;
using DmIo.Io;

namespace DmIo.Native;

/// <summary>
/// A listening unix socket.
/// <list type="bullet">
/// <item>Its file has mode 0600 before it listens, whatever the umask: only this process's user can connect.</item>
/// <item>A socket file of a dead process under the same path is replaced. A socket with a listener, or a file of
/// another kind, is not.</item>
/// <item>Closing deletes the socket's file, but not a file that has replaced it in the meantime.</item>
/// </list>
/// An address in Linux's abstract namespace has no file, and so no mode.
/// </summary>
internal sealed class UnixListener : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // The errors of Linux and of macOS for opening a socket as a file.
    private const int NoSuchDeviceOrAddress = 6;
    private const int NotSupportedOnSocket = 102;

    /// <summary>Null: there is no file, or .NET deletes it.</summary>
    private readonly string? path;
    private readonly FileIdentity.Number file;
    private int isDisposed;

    /// <param name="endPoint">A path, or a name in the abstract namespace.</param>
    /// <param name="backlog">The largest number of connections that wait to be accepted.</param>
    /// <exception cref="IOException">The socket cannot listen; the message is the reason, without the
    /// address.</exception>
    internal UnixListener(UnixDomainSocketEndPoint endPoint, int backlog)
    {
        var isAbstract = endPoint.Serialize()[sizeof(ushort)] == 0;
        var full = isAbstract ? null : Path.GetFullPath(endPoint.ToString());
        try
        {
            RemoveStale(full, endPoint);
            Socket = Bind(endPoint);
            try
            {
                (path, file) = Own(full);
                Socket.Listen(backlog);
            }
            catch
            {
                Dispose();
                throw;
            }
        }
        catch (Exception fault) when (fault is SocketException or IOException or UnauthorizedAccessException)
        {
            throw new IOException(Explain(fault, full), fault);
        }
    }

    /// <summary>The listening socket.</summary>
    internal Socket Socket { get; }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) != 0)
        {
            return;
        }

        // While the socket is open its inode is in use, so that no other file can have its number.
        if (path is not null && LinuxNative.DescribeLink(path, out var found) == 0 && found.Number == file)
        {
            TryDelete(path);
        }

        Socket.Dispose();
    }

    private static Socket Bind(UnixDomainSocketEndPoint endPoint)
    {
        if (LinuxNative.IsAvailable)
        {
            var address = endPoint.Serialize();
            var errno = LinuxNative.BindUnixSocket(address.Buffer.Span[..address.Size], out var handle);
            if (errno == 0)
            {
                return new Socket(handle);
            }

            handle.Dispose();
            throw new IOException(Errno.TextOf(errno), errno);
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(endPoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sets the mode of the file that was just bound.</summary>
    /// <returns>The file that <see cref="Dispose"/> deletes.</returns>
    private static (string? Path, FileIdentity.Number File) Own(string? full)
    {
        if (full is null || OperatingSystem.IsWindows())
        {
            return default;
        }

        File.SetUnixFileMode(full, OwnerOnly);
        return LinuxNative.IsAvailable && LinuxNative.DescribeLink(full, out var status) == 0
            ? (full, status.Number)
            : default;
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The directory became read-only; the next listener replaces the file as one of a dead process.
        }
    }

    private static void RemoveStale(string? path, UnixDomainSocketEndPoint address)
    {
        if (path is not null && Directory.Exists(path))
        {
            throw new IOException("it is a directory.");
        }

        if (path is null || !File.Exists(path))
        {
            return;
        }

        if (!IsSocket(path))
        {
            throw new IOException("there is a file that is not a socket.");
        }

        // Non-blocking: if the backlog is full and the listener does not accept, a blocking connect waits.
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            Blocking = false,
        };
        try
        {
            probe.Connect(address);
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.WouldBlock)
        {
            // The backlog is full, so the socket has a listener.
        }

        throw new IOException("another process listens there already.");
    }

    /// <summary>True if opening the file fails with the error of a socket. Any other error, such as that of a locked
    /// file, means another kind of file.</summary>
    private static bool IsSocket(string path)
    {
        try
        {
            using var opened = File.OpenHandle(path, access: FileAccess.ReadWrite, share: FileShare.ReadWrite);
            return false;
        }
        catch (IOException fault)
        {
            return fault.HResult is NoSuchDeviceOrAddress or NotSupportedOnSocket;
        }
    }

    /// <summary>The reason, in more detail if the operating system's message does not lead to the fix.</summary>
    private static string Explain(Exception fault, string? path)
    {
        var directory = path is null ? null : Path.GetDirectoryName(path);
        var isDenied = fault is SocketException { SocketErrorCode: SocketError.AccessDenied }
            or IOException { HResult: Errno.AccessDenied };
        return directory is null ? fault.Message
            : !Directory.Exists(directory) ? $"there is no directory '{directory}'."
            : isDenied ? $"there is no permission to create it in '{directory}'."
            : fault.Message;
    }
}

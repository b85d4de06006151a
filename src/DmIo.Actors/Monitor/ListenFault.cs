using System.Net.Sockets;

namespace DmIo.Actors;

/// <summary>Why a socket can't be listened on, where the operating system's own words do not lead to the fix: of a unix
/// socket whose directory is missing it says that an address can't be assigned.</summary>
internal static class ListenFault
{
    /// <summary>The reason, in a sentence.</summary>
    /// <param name="fault">What listening threw.</param>
    /// <param name="path">Of a unix socket; null: it is another kind.</param>
    internal static string Explain(Exception fault, string? path)
    {
        if (path is null || fault is not SocketException { SocketErrorCode: var code })
        {
            return fault.Message;
        }

        var directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        return code == SocketError.AccessDenied ? $"there is no permission to make it in '{directory}'."
            : Directory.Exists(directory) ? fault.Message
            : $"there is no directory '{directory}'.";
    }
}

using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace DmIo.Io;

/// <summary>
/// The error numbers that the library uses (with the values of Linux), and the conversion of an exception of .NET to
/// the error number of the operating system. .NET keeps errno as the HResult of an IOException, which is sometimes the
/// inner exception.
/// </summary>
internal static class Errno
{
    internal const int NotPermitted = 1;
    internal const int Interrupted = 4;
    internal const int InputOutput = 5;
    internal const int NoSuchAddress = 6;
    internal const int TryAgain = 11;
    internal const int NoMemory = 12;
    internal const int AccessDenied = 13;
    internal const int BadAddress = 14;
    internal const int Busy = 16;
    internal const int Invalid = 22;
    internal const int FileTableFull = 23;
    internal const int TooManyFiles = 24;
    internal const int FileTooLarge = 27;
    internal const int NoSpace = 28;
    internal const int ReadOnlyFileSystem = 30;
    internal const int NoSuchCall = 38;
    internal const int NotSupported = 95;
    internal const int QuotaExceeded = 122;
    internal const int Canceled = 125;

    private const int MaxErrno = 4095;
    private const int Win32FacilityMask = unchecked((int)0xFFFF0000);
    private const int Win32Facility = unchecked((int)0x80070000);

    /// <summary>The kernel has no room for the data of a write.</summary>
    internal static bool IsNoRoom(int errno) => errno is NoSpace or QuotaExceeded or FileTooLarge;

    /// <summary>The system currently lacks a thread, memory or a descriptor for the call, which says nothing about the
    /// device.</summary>
    internal static bool IsShortage(int errno) =>
        errno is TryAgain or NoMemory or Canceled or TooManyFiles or FileTableFull;

    /// <summary>Returns the operating system's error number of an exception; 0 if there is none.</summary>
    internal static int Of(Exception exception)
    {
        for (var current = exception; current is not null; current = current.InnerException)
        {
            if (current is OutOfMemoryException)
            {
                return NoMemory;
            }

            if (current is SocketException { SocketErrorCode: SocketError.TooManyOpenSockets })
            {
                return TooManyFiles;
            }

            if (current is IOException && current.HResult is > 0 and <= MaxErrno)
            {
                return current.HResult;
            }

            if (current is IOException && (current.HResult & Win32FacilityMask) == Win32Facility)
            {
                return current.HResult & ~Win32FacilityMask;
            }
        }

        return 0;
    }

    /// <summary>Returns the operating system's description of an error number.</summary>
    internal static string TextOf(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    /// <summary>The message of an exception, and which limits to raise if the system lacks threads, memory or
    /// descriptors. .NET calls the descriptor limit of the process one of the system.</summary>
    internal static string Explain(Exception exception)
    {
        var errno = Of(exception);
        return IsShortage(errno)
            ? $"{(exception is SocketException ? TextOf(errno) + "." : exception.Message)} The system has no thread, "
                + "memory or descriptor left for it: raise the limits of the process (ulimit -u, -n, pids.max), or "
                + "close something."
            : exception.Message;
    }

    /// <summary>The status of a call that threw. The exception is kept.</summary>
    internal static IoStatus StatusOf(Exception exception, string doing) =>
        IoStatus.DeviceError($"{doing} failed: {exception.Message}", Of(exception), exception);
}

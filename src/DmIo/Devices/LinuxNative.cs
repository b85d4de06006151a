using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices;

/// <summary>
/// The system calls of 64-bit Linux that .NET has not: flags and request numbers are the kernel's, the same on x64 and
/// arm64. Each method answers with errno, 0 for success, and tries again when a signal interrupted it.
/// </summary>
internal static partial class LinuxNative
{
    internal const int PunchHole = 0x02;
    internal const int ZeroRange = 0x10;

    internal const int OpenReadOnly = 0;
    internal const int OpenReadWrite = 2;

    /// <summary>On a block device: nobody else may claim it, which a mount does too.</summary>
    internal const int OpenExclusive = 0x80;

    internal const uint BlockDeviceSize = 0x80081272;
    internal const uint BlockDeviceLogicalBlock = 0x1268;
    internal const uint BlockDeviceIsReadOnly = 0x125E;
    internal const uint BlockDeviceDiscard = 0x1277;
    internal const uint BlockDeviceZeroOut = 0x127F;

    private const int KeepSize = 0x01;
    private const int OpenCloseOnExec = 0x80000;
    private const int CurrentDirectory = -100;
    private const uint StatxType = 0x1;

    /// <summary>Are these calls to be had?</summary>
    internal static bool IsAvailable => OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    internal static int FlushData(SafeFileHandle handle) => Retry(handle, static file => fdatasync(file));

    internal static int Flush(SafeFileHandle handle) => Retry(handle, static file => fsync(file));

    /// <summary>The file keeps its size, whatever the range.</summary>
    internal static int Allocate(SafeFileHandle handle, int mode, long offsetBytes, long lengthBytes) => Retry(
        (handle, mode, offsetBytes, lengthBytes),
        static call => fallocate(call.handle, call.mode | KeepSize, call.offsetBytes, call.lengthBytes));

    /// <summary>An ioctl that takes a range in bytes: offset, length.</summary>
    internal static unsafe int RangeControl(SafeFileHandle handle, uint request, long offsetBytes, long lengthBytes) =>
        Retry(
            (handle, request, offsetBytes, lengthBytes),
            static call =>
            {
                var range = stackalloc long[2];
                range[0] = call.offsetBytes;
                range[1] = call.lengthBytes;
                return ioctl(call.handle, call.request, range);
            });

    /// <summary>An ioctl that answers with a number, of 32 or of 64 bits.</summary>
    internal static unsafe int QueryControl(SafeFileHandle handle, uint request, out long value)
    {
        long answer = 0;
        var errno = Result(ioctl(handle, request, &answer));
        value = answer;
        return errno;
    }

    internal static int Open(string path, int flags, out SafeFileHandle handle)
    {
        handle = open(path, flags | OpenCloseOnExec, 0);
        return handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>
    /// What kind of file the path leads to, without opening it: to open a pipe would wait for its other end.
    /// </summary>
    internal static unsafe int Describe(string path, out FileKind kind)
    {
        FileStatus status = default;
        var errno = Result(statx(CurrentDirectory, path, 0, StatxType, &status));
        kind = errno == 0 ? new FileKind(status.Mode, status.DeviceMajor, status.DeviceMinor) : default;
        return errno;
    }

    private static int Retry<TState>(TState state, Func<TState, int> call)
    {
        int errno;
        do
        {
            errno = Result(call(state));
        }
        while (errno == Errno.Interrupted);

        return errno;
    }

    private static int Result(int returned) => returned < 0 ? Marshal.GetLastPInvokeError() : 0;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int ioctl(SafeFileHandle file, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int directory, string path, int flags, uint mask, FileStatus* status);

    /// <summary>The kernel's <c>struct statx</c>, the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(28)]
        internal ushort Mode;

        [FieldOffset(128)]
        internal uint DeviceMajor;

        [FieldOffset(132)]
        internal uint DeviceMinor;
    }
}

using System.Net.Sockets;
using System.Runtime.InteropServices;
using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Native;

/// <summary>
/// The system calls of 64-bit Linux that .NET lacks: flags and request numbers are the kernel's, the same on x64 and
/// arm64. Each method returns errno, 0 for success, and repeats a call that a signal interrupted.
/// </summary>
internal static partial class LinuxNative
{
    /// <summary>Deallocates the range; the file keeps its size (PUNCH_HOLE | KEEP_SIZE, as the kernel wants
    /// it).</summary>
    internal const int PunchHole = 0x03;

    /// <summary>Makes the range read as zero; a file that ends before the end of the range is extended to it.</summary>
    internal const int ZeroRange = 0x10;

    internal const int SeekData = 3;
    internal const int SeekHole = 4;

    internal const int OpenReadOnly = 0;
    internal const int OpenReadWrite = 2;

    /// <summary>On a block device: an exclusive claim, which excludes mounts too.</summary>
    internal const int OpenExclusive = 0x80;

    internal const uint BlockDeviceSize = 0x80081272;
    internal const uint BlockDeviceLogicalBlock = 0x1268;
    internal const uint BlockDeviceIsReadOnly = 0x125E;
    internal const uint BlockDeviceDiscard = 0x1277;
    internal const uint BlockDeviceZeroOut = 0x127F;

    private const uint LoopStatus = 0x4C05;
    private const int LoopStatusBytes = 232;

    private const int OpenCloseOnExec = 0x80000;
    private const int CurrentDirectory = -100;
    private const int ThisFile = 0x1000;
    private const int NotFollowed = 0x100;
    private const int UnixFamily = 1;
    private const int StreamSocket = 1;
    private const int OpenFiles = 7;
    private const int DoNotSync = 0x4000;
    private const int NotNeeded = 4;
    private const int GetDescriptorFlags = 1;
    private const int CloseOnExec = 1;
    private const int GetFlags = 3;
    private const int SetFlags = 4;
    private const long SharedMemoryMagic = 0x01021994;
    private const long RamMagic = 0x858458F6;
    private const int FileSystemStatusBytes = 256;

    private static readonly int Direct =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    /// <summary>True if these calls are available.</summary>
    internal static bool IsAvailable => OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>Called only once: a sync that returned an error, even EINTR, must not be repeated into a
    /// success.</summary>
    internal static int FlushData(SafeFileHandle handle) => Result(fdatasync(handle));

    internal static int Flush(SafeFileHandle handle) => Retry(handle, static file => fsync(file));

    /// <summary>Drops the clean pages of the file, or block device, from the page cache.</summary>
    internal static int DropCache(SafeFileHandle handle) => posix_fadvise(handle, 0, 0, NotNeeded);

    /// <summary>Opens a second descriptor, with its own error cursor, of the open file, not of the file that its path
    /// leads to now. For syncs only. Requires /proc.</summary>
    internal static int OpenAgain(SafeFileHandle handle, out SafeFileHandle second) =>
        Open($"/proc/self/fd/{handle.DangerousGetHandle()}", OpenReadOnly, out second);

    /// <summary><see cref="PunchHole"/> or <see cref="ZeroRange"/>.</summary>
    internal static int Allocate(SafeFileHandle handle, int mode, long offsetBytes, long lengthBytes) => Retry(
        (handle, mode, offsetBytes, lengthBytes),
        static call => fallocate(call.handle, call.mode, call.offsetBytes, call.lengthBytes));

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

    /// <summary>An ioctl that returns a number, of 32 or of 64 bits.</summary>
    internal static unsafe int QueryControl(SafeFileHandle handle, uint request, out long value)
    {
        long answer = 0;
        var errno = Result(ioctl(handle, request, &answer));
        value = answer;
        return errno;
    }

    /// <summary>Sets the position of the file, and returns it.</summary>
    internal static int Seek(SafeFileHandle handle, long offsetBytes, int origin, out long positionBytes)
    {
        positionBytes = lseek(handle, offsetBytes, origin);
        return positionBytes < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    internal static int Open(string path, int flags, out SafeFileHandle handle)
    {
        handle = open(path, flags | OpenCloseOnExec, 0);
        return handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>
    /// The status of the target of a path, without opening it: opening a pipe would wait for its other end.
    /// </summary>
    internal static unsafe int Describe(string path, out LinuxFileStatus status)
    {
        LinuxFileStatus answer = default;
        var mask = LinuxFileStatus.TypeMask | LinuxFileStatus.InodeMask;
        var errno = Result(statx(CurrentDirectory, path, 0, mask, &answer));
        status = answer;
        return errno;
    }

    /// <summary>The status of the path itself; a symbolic link is not followed.</summary>
    internal static unsafe int DescribeLink(string path, out LinuxFileStatus status)
    {
        LinuxFileStatus answer = default;
        var mask = LinuxFileStatus.TypeMask | LinuxFileStatus.InodeMask;
        var errno = Result(statx(CurrentDirectory, path, NotFollowed, mask, &answer));
        status = answer;
        return errno;
    }

    /// <summary>A new stream socket that is bound to a unix address (struct sockaddr_un). When a socket that .NET bound
    /// is closed, .NET deletes any file that has its name by then.</summary>
    internal static int BindUnixSocket(ReadOnlySpan<byte> address, out SafeSocketHandle handle)
    {
        handle = socket(UnixFamily, StreamSocket | OpenCloseOnExec, 0);
        return handle.IsInvalid
            ? Marshal.GetLastPInvokeError()
            : Result(bind(handle, address, address.Length));
    }

    /// <summary>How many descriptors the process may have open (RLIMIT_NOFILE, the soft limit).</summary>
    internal static unsafe int DescriptorLimit(out ulong limit)
    {
        var limits = stackalloc ulong[2];
        var errno = Result(getrlimit(OpenFiles, limits));
        limit = limits[0];
        return errno;
    }

    /// <summary>True: the process was started with this descriptor. Descriptors that the process opened itself close at
    /// an exec, and no such descriptor survives the exec that started the process.</summary>
    internal static bool IsInherited(SafeFileHandle descriptor) =>
        fcntl(descriptor, GetDescriptorFlags, 0) is var flags and >= 0 && (flags & CloseOnExec) == 0;

    /// <summary>The status of an open file, with the alignment for direct I/O.</summary>
    internal static unsafe int Describe(SafeFileHandle handle, out LinuxFileStatus status)
    {
        LinuxFileStatus answer = default;
        var mask = LinuxFileStatus.TypeMask | LinuxFileStatus.InodeMask | LinuxFileStatus.DirectAlignmentMask;
        var errno = Result(statx((int)handle.DangerousGetHandle(), "", ThisFile, mask, &answer));
        status = answer;
        return errno;
    }

    /// <summary>The length of the file, as known locally; a network file system is not queried, so the call never
    /// blocks.</summary>
    internal static unsafe int GetLength(SafeFileHandle handle, out long lengthBytes)
    {
        LinuxFileStatus status = default;
        var flags = ThisFile | DoNotSync;
        var errno = Result(statx((int)handle.DangerousGetHandle(), "", flags, LinuxFileStatus.SizeMask, &status));
        lengthBytes = status.LengthBytes;
        return errno;
    }

    /// <summary>The file or block device behind an open loop device; null: it is no loop device, or has no
    /// store.</summary>
    internal static unsafe FileIdentity.Number? LoopStore(SafeFileHandle handle)
    {
        // struct loop_info64: device, inode and, of a block device, its own number, as 64-bit numbers, then what we
        // have no use for.
        var status = stackalloc ulong[LoopStatusBytes / sizeof(ulong)];
        if (Result(ioctl(handle, LoopStatus, status)) != 0)
        {
            return null;
        }

        var (isBlockDevice, device) = status[2] == 0 ? (false, status[0]) : (true, status[2]);
        var major = (uint)(device >> 8) & 0xFFF;
        var minor = (uint)(device & 0xFF) | ((uint)(device >> 12) & 0xFFF00);
        return new FileIdentity.Number(major, minor, isBlockDevice ? 0 : status[1]);
    }

    /// <summary>Makes reads and writes of the open file bypass the page cache.</summary>
    internal static int SetDirect(SafeFileHandle handle)
    {
        var flags = fcntl(handle, GetFlags, 0);
        return flags < 0 ? Result(flags) : Result(fcntl(handle, SetFlags, flags | Direct));
    }

    /// <summary>The open file is on a file system that keeps its files in memory: tmpfs or ramfs.</summary>
    internal static unsafe bool IsInMemory(SafeFileHandle handle)
    {
        var status = stackalloc long[FileSystemStatusBytes / sizeof(long)];
        return fstatfs(handle, status) == 0 && status[0] is SharedMemoryMagic or RamMagic;
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

    [LibraryImport("libc")]
    private static partial int posix_fadvise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(SafeFileHandle file, long offset, int origin);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle file, int command, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int fstatfs(SafeFileHandle file, void* status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int ioctl(SafeFileHandle file, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial SafeSocketHandle socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(SafeSocketHandle socket, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int getrlimit(int resource, ulong* limits);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int directory, string path, int flags, uint mask, LinuxFileStatus* status);
}

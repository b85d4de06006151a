using System.Runtime.InteropServices;
using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.Stores;

/// <summary>
/// A file of a file system in memory, mapped to be written by <c>process_vm_writev</c> on this process itself: many
/// writes in one call, side by side with other threads', where <c>pwrite</c> takes turns at the file. The mapping is
/// never touched from here: a page that is not to be had (the file was cut, the file system is full) is a short answer
/// of the call then, and not the end of the process. Such writes leave the file's time alone, so
/// <see cref="StampTime"/> sets it. Unmapped by Dispose, when no call is under way.
/// </summary>
internal sealed unsafe partial class FileMapping : SafeHandleZeroOrMinusOneIsInvalid
{
    private const int ReadWriteProtection = 3;
    private const int Shared = 0x1;
    private const int FromEnd = 2;
    private const long Now = 0x3fffffff;
    private const long Omitted = 0x3ffffffe;

    private readonly SafeFileHandle file;
    private readonly int descriptor;
    private readonly long lengthBytes;
    private readonly int processId;
    private volatile bool isRefused;
    private volatile bool isStampDue;

    private FileMapping(SafeFileHandle file, long lengthBytes, nint address, int processId)
        : base(ownsHandle: true)
    {
        this.file = file;
        descriptor = (int)file.DangerousGetHandle();
        this.lengthBytes = lengthBytes;
        this.processId = processId;
        SetHandle(address);
    }

    /// <summary>The kernel has taken such writes so far.</summary>
    internal bool IsUsable => !isRefused;

    /// <summary>What may be written this way now: whole bytes of the file as it is, within the mapping. What lies
    /// behind makes the file longer, which only a write by its descriptor does.</summary>
    internal long WritableBytes => Math.Min(lengthBytes, lseek(descriptor, 0, FromEnd));

    /// <summary>Null: the kernel does not map it.</summary>
    /// <param name="file">Open for reading and writing; it outlives the mapping.</param>
    /// <param name="lengthBytes">How much of it.</param>
    /// <param name="processId">This process.</param>
    internal static FileMapping? TryCreate(SafeFileHandle file, long lengthBytes, int processId)
    {
        var address = mmap(0, (nuint)lengthBytes, ReadWriteProtection, Shared, file, 0);
        return address == -1 ? null : new FileMapping(file, lengthBytes, address, processId);
    }

    /// <summary>Where the kernel finds a place of the file, for <see cref="Write"/>.</summary>
    internal NativeSegment Target(long offsetBytes, long length) => new(handle + (nint)offsetBytes, (nint)length);

    /// <summary>
    /// Copies the sources, one after the other, into the targets, one after the other. How many bytes; fewer from the
    /// first page on that is not to be had, and the reason is not told. A kernel that forbids the call is not asked
    /// again.
    /// </summary>
    internal long Write(NativeSegment* sources, int sourceCount, NativeSegment* targets, int targetCount)
    {
        var written = process_vm_writev(
            processId, sources, (nuint)sourceCount, targets, (nuint)targetCount, 0);
        if (written >= 0)
        {
            isStampDue = true;
            return written;
        }

        isRefused |= Marshal.GetLastPInvokeError() is not (Errno.BadAddress or Errno.NoMemory or Errno.Interrupted);
        return 0;
    }

    /// <summary>The file was changed now, if it was written since the last time. A time that can't be set does no
    /// harm to the data, so nobody hears of it.</summary>
    internal void StampTime()
    {
        if (!isStampDue)
        {
            return;
        }

        isStampDue = false;
        var times = stackalloc long[] { 0, Omitted, 0, Now };
        if (futimens(file, times) != 0)
        {
            // Only the owner may set one of the two times, whoever may write may set both.
            _ = futimens(file, null);
        }
    }

    protected override bool ReleaseHandle() => munmap(handle, (nuint)lengthBytes) == 0;

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(
        nint address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint process_vm_writev(
        int process, NativeSegment* local, nuint localCount, NativeSegment* remote, nuint remoteCount, nuint flags);

    [LibraryImport("libc")]
    private static partial long lseek(int file, long offset, int origin);

    [LibraryImport("libc")]
    private static partial int futimens(SafeFileHandle file, long* times);
}

using System.Runtime.InteropServices;
using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.Stores;

/// <summary>
/// A mapped file of a file system in memory, written by <c>process_vm_writev</c> to this process itself: many writes in
/// one call, in parallel with other threads, whereas <c>pwrite</c> serializes writes to the file. The mapping is never
/// accessed directly: a missing page (the file was truncated, the file system is full) makes the call short instead of
/// terminating the process. Such writes do not change the time of the file, so <see cref="UpdateModificationTime"/>
/// sets it. Dispose unmaps the file; no call may be in flight.
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

    /// <summary>The kernel has not refused such writes so far.</summary>
    internal bool IsUsable => !isRefused;

    /// <summary>The number of bytes that can be written through the mapping: the current length of the file, within the
    /// mapping. Only a write by descriptor can extend the file.</summary>
    internal long WritableBytes => Math.Min(lengthBytes, lseek(descriptor, 0, FromEnd));

    /// <summary>Maps a file; null if the kernel refuses.</summary>
    /// <param name="file">The file, open for reading and writing; it must outlive the mapping.</param>
    /// <param name="lengthBytes">The number of bytes to map.</param>
    /// <param name="processId">The id of this process.</param>
    internal static FileMapping? TryCreate(SafeFileHandle file, long lengthBytes, int processId)
    {
        var address = mmap(0, (nuint)lengthBytes, ReadWriteProtection, Shared, file, 0);
        return address == -1 ? null : new FileMapping(file, lengthBytes, address, processId);
    }

    /// <summary>The address of a range of the file, for <see cref="Write"/>.</summary>
    internal NativeSegment Target(long offsetBytes, long length) => new(handle + (nint)offsetBytes, (nint)length);

    /// <summary>
    /// Copies the sources in order to the targets in order. Returns the number of bytes copied, which ends at the first
    /// missing page, without an error. If the kernel forbids the call, it is not made again.
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

    /// <summary>Sets the time of the file to now, if it was written since the last call. A failure does not harm the
    /// data and is ignored.</summary>
    internal void UpdateModificationTime()
    {
        if (!isStampDue)
        {
            return;
        }

        isStampDue = false;
        var times = stackalloc long[] { 0, Omitted, 0, Now };
        if (futimens(file, times) != 0)
        {
            // Only the owner may set one of the two times; a process with write access may set both.
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

using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices;

/// <summary>
/// A regular file on 64-bit Linux. Flush is fdatasync: the size never changes, and it writes what else is needed to
/// find the data; .NET's own FlushToDisk takes EROFS, EINVAL and ENOTSUP for success. Discard punches holes, where the
/// file system can (asked at the opening, by a hole behind the end of the file, where there is nothing to lose).
/// </summary>
internal sealed class LinuxFileStore(SafeFileHandle handle, SectorCount capacity, bool isReadOnly)
    : FileStore(handle, Describe(handle, capacity, isReadOnly))
{
    private const long ProbeAlignment = 1 << 20;

    private volatile bool lacksZeroRange;

    internal override int Flush() => LinuxNative.FlushData(Handle);

    internal override int Discard(long offsetBytes, long lengthBytes) =>
        LinuxNative.Allocate(Handle, LinuxNative.PunchHole, offsetBytes, lengthBytes);

    internal override int WriteZeroes(long offsetBytes, long lengthBytes)
    {
        if (lacksZeroRange)
        {
            return Errno.NotSupported;
        }

        var errno = LinuxNative.Allocate(Handle, LinuxNative.ZeroRange, offsetBytes, lengthBytes);
        lacksZeroRange = errno == Errno.NotSupported;
        return errno;
    }

    private static DeviceDescription Describe(SafeFileHandle handle, SectorCount capacity, bool isReadOnly) => new()
    {
        Backend = "file",
        Capacity = capacity,
        IsReadOnly = isReadOnly,
        MaxTransferBytes = MaxTransferBytes,
        MaxDiscard = !isReadOnly && CanPunchHoles(handle) ? RangeLimit(capacity) : 0,
        MaxWriteZeroes = isReadOnly ? 0 : RangeLimit(capacity),
        HasVolatileCache = !isReadOnly,
    };

    private static bool CanPunchHoles(SafeFileHandle handle)
    {
        var behindEnd = ((RandomAccess.GetLength(handle) / ProbeAlignment) + 1) * ProbeAlignment;
        return LinuxNative.Allocate(handle, LinuxNative.PunchHole, behindEnd, ProbeAlignment) == 0;
    }
}

using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices;

/// <summary>
/// A regular file on 64-bit Linux, through the page cache, or direct where it was opened so. Discard punches holes,
/// where the file system can (asked at the opening, by a hole behind the end of the file, where there is nothing to
/// lose).
/// </summary>
internal sealed class LinuxFileStore(
    SafeFileHandle handle, SectorCount capacity, bool isReadOnly, DirectAlignment? direct = null)
    : LinuxStore(handle, Describe(handle, capacity, isReadOnly, direct))
{
    private const long ProbeAlignment = 1 << 20;

    private volatile bool lacksZeroRange;

    internal override bool NeverWaits { get; } = LinuxNative.IsInMemory(handle);

    internal override int Discard(long offsetBytes, long lengthBytes) =>
        LinuxNative.Allocate(Handle, LinuxNative.PunchHole, offsetBytes, lengthBytes);

    protected override int ZeroRange(long offsetBytes, long lengthBytes)
    {
        if (lacksZeroRange)
        {
            return Errno.NotSupported;
        }

        var errno = LinuxNative.Allocate(Handle, LinuxNative.ZeroRange, offsetBytes, lengthBytes);
        lacksZeroRange = errno == Errno.NotSupported;
        return errno;
    }

    private static DeviceDescription Describe(
        SafeFileHandle handle, SectorCount capacity, bool isReadOnly, DirectAlignment? direct)
    {
        var description = new DeviceDescription
        {
            Backend = "file",
            Capacity = capacity,
            IsReadOnly = isReadOnly,
            MaxTransferBytes = MaxTransferBytes,
            MaxDiscard = !isReadOnly && CanPunchHoles(handle) ? RangeLimit(capacity) : 0,
            MaxWriteZeroes = isReadOnly ? 0 : RangeLimit(capacity),
            HasForceUnitAccess = !isReadOnly && LinuxTransfers.HasDurableWrites(handle),
            HasVolatileCache = !isReadOnly,
        };
        return direct?.ApplyTo(description) ?? description;
    }

    private static bool CanPunchHoles(SafeFileHandle handle)
    {
        var behindEnd = ((RandomAccess.GetLength(handle) / ProbeAlignment) + 1) * ProbeAlignment;
        return LinuxNative.Allocate(handle, LinuxNative.PunchHole, behindEnd, ProbeAlignment) == 0;
    }
}

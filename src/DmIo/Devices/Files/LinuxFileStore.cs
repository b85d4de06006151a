using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices;

/// <summary>
/// A regular file on 64-bit Linux, through the page cache, or direct where it was opened so. Discard punches holes,
/// where the file system can (asked at the opening, by a hole behind the end of the file, where there is nothing to
/// lose).
/// </summary>
internal sealed class LinuxFileStore(
    SafeFileHandle handle, ByteSize capacity, bool isReadOnly, DirectAlignment? direct = null)
    : LinuxStore(handle, Describe(handle, capacity, isReadOnly, direct))
{
    private const long ProbeAlignment = 1 << 20;

    private volatile bool lacksZeroRange;

    /// <summary>How the file system zeroes a range without writing it: by a hole where one may be made, which costs
    /// no space; else by an extent that counts as zero.</summary>
    internal int ZeroingMode(WriteZeroesFlags flags) =>
        Description.MaxDiscard.Bytes > 0 && !flags.HasFlag(WriteZeroesFlags.NoUnmap)
            ? LinuxNative.PunchHole
            : LinuxNative.ZeroRange;

    internal override bool NeverWaits { get; } = LinuxNative.IsInMemory(handle);

    internal override FileMapping? TryMap() => NeverWaits && !Description.IsReadOnly
        ? FileMapping.TryCreate(Handle, Description.Capacity.Bytes, Environment.ProcessId)
        : null;

    internal override int Discard(long offsetBytes, long lengthBytes) =>
        LinuxNative.Allocate(Handle, LinuxNative.PunchHole, offsetBytes, lengthBytes);

    internal override IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max) =>
        FileExtents.Of(Handle, start, count, max);

    protected override int ZeroRange(long offsetBytes, long lengthBytes, WriteZeroesFlags flags)
    {
        var mode = ZeroingMode(flags);
        if (mode == LinuxNative.ZeroRange && lacksZeroRange)
        {
            return Errno.NotSupported;
        }

        var errno = LinuxNative.Allocate(Handle, mode, offsetBytes, lengthBytes);
        lacksZeroRange |= mode == LinuxNative.ZeroRange && errno == Errno.NotSupported;
        return errno;
    }

    private static DeviceDescription Describe(
        SafeFileHandle handle, ByteSize capacity, bool isReadOnly, DirectAlignment? direct)
    {
        var canPunchHoles = !isReadOnly && CanPunchHoles(handle);
        var description = new DeviceDescription
        {
            Backend = "file",
            Capacity = capacity,
            IsReadOnly = isReadOnly,
            MaxTransfer = ByteSize.FromBytes(MaxTransferBytes),
            MaxDiscard = canPunchHoles ? RangeLimit(capacity) : default,
            MaxWriteZeroes = isReadOnly ? default : RangeLimit(capacity),
            HasFastWriteZeroes = canPunchHoles,
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

using DmIo.Io;
using DmIo.Native;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.Stores;

/// <summary>
/// A regular file on 64-bit Linux, through the page cache, or direct where it was opened so. Discard punches holes,
/// where the file system can. A file that was cut is extended by zeroes as by any other data.
/// </summary>
internal sealed class LinuxFileStore(
    SafeFileHandle handle, ByteSize capacity, bool isReadOnly, DirectAlignment? direct = null)
    : LinuxStore(handle, Describe(handle, capacity, isReadOnly, direct))
{
    private volatile bool lacksZeroRange;

    /// <summary>How the file system zeroes a range without writing it: by a hole where one may be made, which costs
    /// no space; else by an extent that counts as zero.</summary>
    internal int ZeroingMode(WriteZeroesFlags flags) =>
        Description.MaxDiscard.Bytes > 0 && !flags.HasFlag(WriteZeroesFlags.NoUnmap)
            ? LinuxNative.PunchHole
            : LinuxNative.ZeroRange;

    /// <summary>The file was cut: it ends before this place.</summary>
    internal bool EndsBefore(long endBytes) =>
        LinuxNative.GetLength(Handle, out var lengthBytes) == 0 && lengthBytes < endBytes;

    internal override bool NeverWaits { get; } = LinuxNative.IsInMemory(handle);

    internal override FileMapping? TryMap() => NeverWaits && !Description.IsReadOnly
        ? FileMapping.TryCreate(Handle, Description.Capacity.Bytes, Environment.ProcessId)
        : null;

    internal override int Discard(long offsetBytes, long lengthBytes) =>
        LinuxNative.Allocate(Handle, LinuxNative.PunchHole, offsetBytes, lengthBytes);

    /// <summary>
    /// The holes by SEEK_DATA and SEEK_HOLE. A sector with any byte of data is data. These calls move the position of
    /// the file, which no other call uses. If the file system does not report holes, all sectors are data. The sectors
    /// that a truncated file no longer has are data, too: a read of them fails (R13).
    /// </summary>
    internal override IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max)
    {
        var extents = new List<DeviceExtent>();
        var present = RandomAccess.GetLength(Handle) / Sector.SizeBytes;
        var end = Math.Min(start.Value + count.Value, present);
        for (var at = start.Value; at < end && extents.Count < max;)
        {
            var data = Seek(at, end, LinuxNative.SeekData) / Sector.SizeBytes;
            var isHole = data > at;
            var next = isHole
                ? data
                : (Seek(at, end, LinuxNative.SeekHole) + Sector.SizeBytes - 1) / Sector.SizeBytes;
            next = Math.Clamp(next, at + 1, end);
            extents.Add(new DeviceExtent(next - at, isHole ? ExtentKind.Hole : ExtentKind.Data));
            at = next;
        }

        var missing = start.Value + count.Value - Math.Max(start.Value, present);
        if (missing > 0 && extents.Count < max)
        {
            extents.Add(new DeviceExtent(missing, ExtentKind.Data));
        }

        return extents;
    }

    protected override int ZeroRange(long offsetBytes, long lengthBytes, WriteZeroesFlags flags)
    {
        var mode = ZeroingMode(flags);
        if (mode == LinuxNative.ZeroRange && lacksZeroRange)
        {
            return Errno.NotSupported;
        }

        var errno = LinuxNative.Allocate(Handle, mode, offsetBytes, lengthBytes);
        lacksZeroRange |= mode == LinuxNative.ZeroRange && errno == Errno.NotSupported;
        return errno == 0 && EndsBefore(offsetBytes + lengthBytes) ? Extend(offsetBytes + lengthBytes) : errno;
    }

    /// <summary>Behind a hole that was punched beyond the end of the file, which leaves the file's size as it is: by a
    /// write of the last block, which never makes the file shorter, as a truncation beside other writes
    /// would.</summary>
    private int Extend(long endBytes) =>
        WriteOutZeroes(endBytes - (int)Description.BlockSize.Bytes, (int)Description.BlockSize.Bytes);

    private static DeviceDescription Describe(
        SafeFileHandle handle, ByteSize capacity, bool isReadOnly, DirectAlignment? direct)
    {
        var canPunchHoles = !isReadOnly && CanPunchHoles(handle);
        var description = new DeviceDescription
        {
            Backend = "file",
            Capacity = capacity,
            TailBytes = (int)(RandomAccess.GetLength(handle) % Sector.SizeBytes),
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

    /// <summary>
    /// Asked by a hole of the byte behind the end, where there is nothing to lose. Behind a file of the largest size
    /// of its file system there is no such byte (EFBIG): holes are taken to be possible, and where they are not, a
    /// discard is Unsupported and zeroes are written out.
    /// </summary>
    private static bool CanPunchHoles(SafeFileHandle handle) =>
        LinuxNative.Allocate(handle, LinuxNative.PunchHole, RandomAccess.GetLength(handle), lengthBytes: 1)
            is 0 or Errno.FileTooLarge;

    /// <summary>The first byte of the next data or hole; the end if there is none, or if the search for a hole
    /// fails.</summary>
    private long Seek(long at, long end, int what)
    {
        var errno = LinuxNative.Seek(Handle, at * Sector.SizeBytes, what, out var found);
        return errno switch
        {
            0 => found,
            Errno.NoSuchAddress => end * Sector.SizeBytes,
            _ => what == LinuxNative.SeekData ? at * Sector.SizeBytes : end * Sector.SizeBytes,
        };
    }
}

using DmIo.Io;
using DmIo.Native;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.Stores;

/// <summary>
/// A regular file on 64-bit Linux, through the page cache or, if it was opened so, with direct I/O. Discard punches
/// holes if the file system supports them. Writing zeroes extends a truncated file, like writing any other data.
/// </summary>
internal sealed class LinuxFileStore(
    SafeFileHandle handle, ByteSize capacity, bool isReadOnly, DirectAlignment? direct = null)
    : LinuxStore(handle, Describe(handle, capacity, isReadOnly, direct))
{
    private volatile bool lacksZeroRange;

    /// <summary>The fallocate mode that zeroes a range without writing it: a hole if the flags allow one, which takes
    /// no space; otherwise an extent that reads as zero.</summary>
    internal int ZeroingMode(WriteZeroesFlags flags) =>
        Description.MaxDiscard.Bytes > 0 && !flags.HasFlag(WriteZeroesFlags.NoUnmap)
            ? LinuxNative.PunchHole
            : LinuxNative.ZeroRange;

    /// <summary>The file was truncated: it ends before this position.</summary>
    internal bool EndsBefore(long endBytes) =>
        LinuxNative.GetLength(Handle, out var lengthBytes) == 0 && lengthBytes < endBytes;

    internal override bool IsTruncated => EndsBefore(Description.Capacity.Bytes);

    internal override bool NeverBlocks { get; } = LinuxNative.IsInMemory(handle);

    internal override FileMapping? TryMap() => NeverBlocks && !Description.IsReadOnly
        ? FileMapping.TryCreate(Handle, Description.Capacity.Bytes, Environment.ProcessId)
        : null;

    internal override int Discard(long offsetBytes, long lengthBytes) =>
        LinuxNative.Allocate(Handle, LinuxNative.PunchHole, offsetBytes, lengthBytes);

    /// <summary>
    /// Finds the holes by SEEK_DATA and SEEK_HOLE. A sector with any byte of data is reported as data. These calls move
    /// the position of the file, which no other call uses. If the file system does not report holes, all sectors are
    /// data. Sectors that a truncated file no longer has are data too: a read of them fails (R13).
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

    /// <summary>Extends the file after a hole was punched beyond its end, which does not change its size. The method
    /// writes the last block instead of setting the length, because setting the length concurrently with other writes
    /// could make the file shorter.</summary>
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
    /// Tests whether holes can be punched, by punching a hole of one byte after the end of the file, where there is no
    /// data to lose. After a file of the largest size of its file system there is no such byte (EFBIG): holes are then
    /// assumed to be possible; if they are not, a discard is Unsupported and zeroes are written out.
    /// </summary>
    private static bool CanPunchHoles(SafeFileHandle handle) =>
        LinuxNative.Allocate(handle, LinuxNative.PunchHole, RandomAccess.GetLength(handle), lengthBytes: 1)
            is 0 or Errno.FileTooLarge;

    /// <summary>Returns the first byte of the next data or hole; the end if there is none, or if the search for a hole
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

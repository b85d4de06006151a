using DmIo.Io;
using DmIo.Native;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.Stores;

/// <summary>
/// A block device on 64-bit Linux, through its page cache or, if it was opened so, with direct I/O. Size, block size
/// and read-only flag are queried by ioctl; fdatasync also flushes the disk's cache; discard and zeroes are ioctls that
/// drop the cached pages of the range.
/// </summary>
internal sealed class LinuxBlockStore(SafeFileHandle handle, DeviceDescription description)
    : LinuxStore(handle, description)
{
    internal override int Discard(long offsetBytes, long lengthBytes) =>
        LinuxNative.RangeControl(Handle, LinuxNative.BlockDeviceDiscard, offsetBytes, lengthBytes);

    /// <summary>Takes ownership of an open block device; if this method throws, the block device is closed.</summary>
    internal static LinuxBlockStore Over(
        SafeFileHandle handle, string path, bool isReadOnly, bool isDirect, FileKind kind)
    {
        try
        {
            var description = Describe(handle, path, isReadOnly, kind);
            if (isDirect)
            {
                var direct = DirectAccess.Enable(handle, path);
                var block = Math.Max(direct.BlockSizeBytes, (int)description.BlockSize.Bytes);
                description = (direct with { BlockSizeBytes = block }).ApplyTo(description);
            }

            return new LinuxBlockStore(handle, description);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Punching a hole uses the zeroing of the disk, which may deallocate the sectors and never writes zeroes
    /// out. The ioctl keeps the sectors allocated; if the disk has no zeroing, the kernel writes zeroes out.</summary>
    protected override int ZeroRange(long offsetBytes, long lengthBytes, WriteZeroesFlags flags)
    {
        if (flags.HasFlag(WriteZeroesFlags.NoFallback) && !Description.HasFastWriteZeroes)
        {
            return Errno.NotSupported;
        }

        var errno = flags.HasFlag(WriteZeroesFlags.NoUnmap)
            ? Errno.NotSupported
            : LinuxNative.Allocate(Handle, LinuxNative.PunchHole, offsetBytes, lengthBytes);
        return errno == Errno.NotSupported && flags != WriteZeroesFlags.NoFallback
            ? LinuxNative.RangeControl(Handle, LinuxNative.BlockDeviceZeroOut, offsetBytes, lengthBytes)
            : errno;
    }

    private static DeviceDescription Describe(SafeFileHandle handle, string path, bool isReadOnly, FileKind kind)
    {
        var capacity = ByteSize.FromSectors(
            Query(handle, path, LinuxNative.BlockDeviceSize, "size") / Sector.SizeBytes);
        if (capacity.Bytes == 0)
        {
            throw new DeviceOpenException(path, "the block device has no sectors; is a medium in it?");
        }

        var cannotWrite = isReadOnly
            || Query(handle, path, LinuxNative.BlockDeviceIsReadOnly, "read-only flag") != 0;
        var queue = BlockQueue.Of(kind.DeviceMajor, kind.DeviceMinor);
        var canDiscard = queue.Number("discard_max_bytes") > 0;
        return new DeviceDescription
        {
            Backend = "block",
            Capacity = capacity,
            IsReadOnly = cannotWrite,
            BlockSize = ByteSize.FromBytes(
                Query(handle, path, LinuxNative.BlockDeviceLogicalBlock, "block size")),
            MaxTransfer = ByteSize.FromBytes(MaxTransferBytes),
            MaxDiscard = !cannotWrite && canDiscard ? RangeLimit(capacity) : default,
            MaxWriteZeroes = cannotWrite ? default : RangeLimit(capacity),
            HasFastWriteZeroes = !cannotWrite && queue.Number("write_zeroes_max_bytes") > 0,
            HasForceUnitAccess = !cannotWrite && LinuxTransfers.HasDurableWrites(handle),
            HasVolatileCache = !cannotWrite,
        };
    }

    private static long Query(SafeFileHandle handle, string path, uint request, string what)
    {
        var errno = LinuxNative.QueryControl(handle, request, out var value);
        return errno == 0
            ? value
            : throw new DeviceOpenException(path, $"the kernel does not tell its {what}: {Errno.TextOf(errno)}", errno);
    }
}

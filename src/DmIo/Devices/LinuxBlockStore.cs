using System.Globalization;
using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices;

/// <summary>
/// A block device on 64-bit Linux, through its page cache. Size, block size and read-only flag are asked of the kernel
/// by ioctl; fdatasync also flushes the disk's cache; discard and zeroes are ioctls that drop the cached pages of the
/// range.
/// </summary>
internal sealed class LinuxBlockStore(SafeFileHandle handle, DeviceDescription description)
    : FileStore(handle, description)
{
    internal override int Flush() => LinuxNative.FlushData(Handle);

    internal override int Discard(long offsetBytes, long lengthBytes) =>
        LinuxNative.RangeControl(Handle, LinuxNative.BlockDeviceDiscard, offsetBytes, lengthBytes);

    internal override int WriteZeroes(long offsetBytes, long lengthBytes) =>
        LinuxNative.RangeControl(Handle, LinuxNative.BlockDeviceZeroOut, offsetBytes, lengthBytes);

    /// <summary>Takes an open block device over, also where this throws: then it is closed.</summary>
    internal static LinuxBlockStore Over(SafeFileHandle handle, string path, FileKind kind, bool isReadOnly)
    {
        try
        {
            var capacity = new SectorCount(Query(handle, path, LinuxNative.BlockDeviceSize, "size") / Sector.SizeBytes);
            if (capacity.Value == 0)
            {
                throw new DeviceOpenException(path, "the block device has no sectors; is a medium in it?");
            }

            var cannotWrite = isReadOnly
                || Query(handle, path, LinuxNative.BlockDeviceIsReadOnly, "read-only flag") != 0;
            return new LinuxBlockStore(handle, new DeviceDescription
            {
                Backend = "block",
                Capacity = capacity,
                IsReadOnly = cannotWrite,
                BlockSizeBytes = (int)Query(handle, path, LinuxNative.BlockDeviceLogicalBlock, "block size"),
                MaxTransferBytes = MaxTransferBytes,
                MaxDiscard = !cannotWrite && CanDiscard(kind) ? RangeLimit(capacity) : 0,
                MaxWriteZeroes = cannotWrite ? 0 : RangeLimit(capacity),
                HasVolatileCache = !cannotWrite,
            });
        }
        catch (DeviceOpenException)
        {
            handle.Dispose();
            throw;
        }
    }

    private static long Query(SafeFileHandle handle, string path, uint request, string what)
    {
        var errno = LinuxNative.QueryControl(handle, request, out var value);
        return errno == 0
            ? value
            : throw new DeviceOpenException(path, $"the kernel does not tell its {what}: {Errno.TextOf(errno)}", errno);
    }

    /// <summary>
    /// The kernel's queue limit; a partition has none of its own, but its disk, one directory up, has.
    /// </summary>
    private static bool CanDiscard(FileKind kind)
    {
        var device = string.Create(
            CultureInfo.InvariantCulture, $"/sys/dev/block/{kind.DeviceMajor}:{kind.DeviceMinor}");
        string[] places = [$"{device}/queue/discard_max_bytes", $"{device}/../queue/discard_max_bytes"];
        try
        {
            var place = places.FirstOrDefault(File.Exists);
            return place is not null && File.ReadAllText(place).Trim() is not ("" or "0");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

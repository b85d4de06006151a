using DmIo.Memory;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices;

/// <summary>What files and block devices on 64-bit Linux have in common: data and flush. Flush is fdatasync: the size
/// never changes, and it writes what else is needed to find the data; .NET's own FlushToDisk takes EROFS, EINVAL and
/// ENOTSUP for success.</summary>
internal abstract class LinuxStore(SafeFileHandle handle, DeviceDescription description)
    : FileStore(handle, description)
{
    private readonly int file = (int)handle.DangerousGetHandle();
    private volatile bool lacksDurableWrites = !description.HasForceUnitAccess;

    internal override long Read(long offsetBytes, SegmentBatch destination) =>
        LinuxTransfers.Read(file, offsetBytes, destination);

    internal override long Write(long offsetBytes, SegmentBatch source, bool forceUnitAccess)
    {
        if (!forceUnitAccess)
        {
            return LinuxTransfers.Write(file, offsetBytes, source);
        }

        if (!lacksDurableWrites)
        {
            var written = LinuxTransfers.WriteDurably(file, offsetBytes, source);
            if (written is not (-Errno.NotSupported or -Errno.NoSuchCall))
            {
                return written;
            }

            lacksDurableWrites = true;
        }

        return WriteAndFlush(offsetBytes, source);
    }

    internal override int Flush() => LinuxNative.FlushData(Handle);

    /// <summary>As durable, and slower: for kernels that have the call, but not its flag.</summary>
    private long WriteAndFlush(long offsetBytes, SegmentBatch source)
    {
        var written = LinuxTransfers.Write(file, offsetBytes, source);
        if (written < 0)
        {
            return written;
        }

        var errno = Flush();
        return errno == 0 ? written : -errno;
    }
}

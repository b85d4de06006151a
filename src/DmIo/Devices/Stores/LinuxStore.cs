using DmIo.Io;
using DmIo.Memory;
using DmIo.Native;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.Stores;

/// <summary>
/// The common part of files and block devices on 64-bit Linux: data and flush. Flush is fdatasync, which also writes
/// the metadata that is needed to find the data; .NET's own FlushToDisk treats EROFS, EINVAL and ENOTSUP as success.
/// </summary>
/// <remarks>
/// The kernel reports a failed write-back once to each open descriptor, so a durable write that failed may have
/// consumed the report of another write's loss. A second descriptor of the file, opened before any write and used for
/// nothing else, still gets that report: <see cref="ConfirmAccepted"/>.
/// </remarks>
internal abstract class LinuxStore : FileStore
{
    private readonly int file;
    private readonly SafeFileHandle? second;
    private volatile bool lacksDurableWrites;

    /// <exception cref="IOException">The system has no second descriptor available; the caller still owns
    /// <paramref name="handle"/>.</exception>
    private protected LinuxStore(SafeFileHandle handle, DeviceDescription description)
        : base(handle, description)
    {
        file = (int)handle.DangerousGetHandle();
        lacksDurableWrites = !description.HasForceUnitAccess;
        second = description.IsReadOnly ? null : OpenSecond(handle);
    }

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

    internal override int ConfirmAccepted() =>
        second is null ? Errno.NotSupported : LinuxNative.FlushData(second);

    /// <summary>Syncs twice: the first sync of a descriptor reports earlier losses, which are given up; the second sync
    /// covers the data that the system holds now.</summary>
    internal override int DropCache()
    {
        _ = LinuxNative.FlushData(Handle);
        _ = ConfirmAccepted();
        var errno = LinuxNative.FlushData(Handle);
        return LinuxNative.DropCache(Handle) == 0 ? errno : Errno.NotSupported;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        second?.Dispose();
        base.Dispose();
    }

    /// <summary>Returns null if there is no /proc: a loss can then not be ruled out.</summary>
    private static SafeFileHandle? OpenSecond(SafeFileHandle handle)
    {
        var errno = LinuxNative.OpenAgain(handle, out var opened);
        if (errno == 0)
        {
            return opened;
        }

        opened.Dispose();
        return Errno.IsShortage(errno) ? throw new IOException(Errno.TextOf(errno), errno) : null;
    }

    /// <summary>Equally durable but slower: for kernels that have the call, but not its flag.</summary>
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

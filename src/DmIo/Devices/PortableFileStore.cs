using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices;

/// <summary>
/// A regular file by .NET's own calls, for systems other than 64-bit Linux: no discard, and zeroes are written out.
/// There FlushToDisk is FlushFileBuffers (Windows) or F_FULLFSYNC (macOS), whose failures it throws.
/// </summary>
internal sealed class PortableFileStore(SafeFileHandle handle, SectorCount capacity, bool isReadOnly)
    : FileStore(handle, Describe(capacity, isReadOnly))
{
    internal override int Flush()
    {
        RandomAccess.FlushToDisk(Handle);
        return 0;
    }

    internal override int Discard(long offsetBytes, long lengthBytes) => Errno.NotSupported;

    internal override int WriteZeroes(long offsetBytes, long lengthBytes) => Errno.NotSupported;

    private static DeviceDescription Describe(SectorCount capacity, bool isReadOnly) => new()
    {
        Backend = "file",
        Capacity = capacity,
        IsReadOnly = isReadOnly,
        MaxTransferBytes = MaxTransferBytes,
        MaxWriteZeroes = RangeLimit(capacity),
        HasVolatileCache = !isReadOnly,
    };
}

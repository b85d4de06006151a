using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices;

/// <summary>
/// An open file behind a <see cref="FileDevice"/>: its handle, its description, and the calls that .NET lacks or
/// softens. Those are blocking, and answer with errno, 0 for success. One subclass for each kind of store.
/// </summary>
internal abstract class FileStore(SafeFileHandle handle, DeviceDescription description)
{
    /// <summary>
    /// The most sectors of one discard or write-zeroes call (1 GiB): bounds how long one call can take.
    /// </summary>
    private const long MaxRangeSectors = (1L << 30) / Sector.SizeBytes;

    /// <summary>The most bytes of one read or write call: bounds how long a pool thread is held.</summary>
    internal const long MaxTransferBytes = 16 << 20;

    internal SafeFileHandle Handle { get; } = handle;

    internal DeviceDescription Description { get; } = description;

    /// <summary>Makes durable what was written.</summary>
    internal abstract int Flush();

    /// <summary>Gives the range up.</summary>
    internal abstract int Discard(long offsetBytes, long lengthBytes);

    /// <summary>
    /// Makes the range read as zero; <see cref="Errno.NotSupported"/> asks the caller to write zeroes.
    /// </summary>
    internal abstract int WriteZeroes(long offsetBytes, long lengthBytes);

    /// <summary>The limit of a range operation on a device of that capacity.</summary>
    protected static SectorCount RangeLimit(SectorCount capacity) => Math.Min(capacity.Value, MaxRangeSectors);
}

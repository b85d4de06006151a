using DmIo.Io;
using DmIo.Memory;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.Stores;

/// <summary>
/// A regular file through the calls of .NET, for systems other than 64-bit Linux: no durable writes, no discard, and
/// zeroes are written out. On these systems, FlushToDisk calls FlushFileBuffers (Windows) or F_FULLFSYNC (macOS), and
/// throws if the call fails.
/// </summary>
internal sealed class PortableFileStore(SafeFileHandle handle, ByteSize capacity, bool isReadOnly)
    : FileStore(handle, Describe(handle, capacity, isReadOnly))
{
    internal override bool IsTruncated => RandomAccess.GetLength(Handle) < Description.Capacity.Bytes;

    internal override long Read(long offsetBytes, SegmentBatch destination) => destination.Count == 1
        ? RandomAccess.Read(Handle, destination.Segments[0].Span, offsetBytes)
        : RandomAccess.Read(Handle, (IReadOnlyList<Memory<byte>>)destination, offsetBytes);

    internal override long Write(long offsetBytes, SegmentBatch source, bool forceUnitAccess)
    {
        if (source.Count == 1)
        {
            RandomAccess.Write(Handle, source.Segments[0].Span, offsetBytes);
        }
        else
        {
            RandomAccess.Write(Handle, (IReadOnlyList<ReadOnlyMemory<byte>>)source, offsetBytes);
        }

        return source.LengthBytes;
    }

    internal override int Flush()
    {
        RandomAccess.FlushToDisk(Handle);
        return 0;
    }

    internal override int Discard(long offsetBytes, long lengthBytes) => Errno.NotSupported;

    protected override int ZeroRange(long offsetBytes, long lengthBytes, WriteZeroesFlags flags) =>
        Errno.NotSupported;

    private static DeviceDescription Describe(SafeFileHandle handle, ByteSize capacity, bool isReadOnly) => new()
    {
        Backend = "file",
        Capacity = capacity,
        TailBytes = (int)(RandomAccess.GetLength(handle) % Sector.SizeBytes),
        IsReadOnly = isReadOnly,
        MaxTransfer = ByteSize.FromBytes(MaxTransferBytes),
        MaxWriteZeroes = RangeLimit(capacity),
        HasVolatileCache = !isReadOnly,
    };
}

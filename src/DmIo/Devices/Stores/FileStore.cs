using DmIo.Io;
using DmIo.Memory;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.Stores;

/// <summary>
/// An open file behind a <c>FileDevice</c>: its handle, its description, and blocking calls, which may be made from
/// several threads at a time. The calls return the result of the kernel: bytes, or an errno (negated if bytes are
/// possible). <see cref="FileCalls"/> converts these results to statuses. There is one subclass for each kind of store.
/// </summary>
internal abstract class FileStore(SafeFileHandle handle, DeviceDescription description) : IDisposable
{
    /// <summary>
    /// The largest discard or write-zeroes call, which bounds the duration of one call.
    /// </summary>
    private static readonly ByteSize MaxRange = ByteSize.FromGiB(1);

    private const int ZeroBytes = 64 << 10;

    // Aligned, so that direct I/O takes it as well.
    private static readonly Lazy<Memory<byte>> Zeroes =
        new(() => new NativeWindow(NativeBlock.Allocate(ZeroBytes), 0, ZeroBytes).Memory);

    /// <summary>The largest read or write call, which bounds the time that a thread is blocked.</summary>
    internal const long MaxTransferBytes = 16 << 20;

    internal SafeFileHandle Handle { get; } = handle;

    internal DeviceDescription Description { get; } = description;

    /// <summary>The store is on a file system in memory: a call costs only the copy, and never blocks.</summary>
    internal virtual bool NeverBlocks => false;

    /// <summary>The file ends before the capacity: it was truncated after it was opened.</summary>
    internal virtual bool IsTruncated => false;

    /// <summary>A mapping for many writes in one call; null if it gains nothing or is not available.</summary>
    internal virtual FileMapping? TryMap() => null;

    /// <summary>Fills all segments, or the first ones. Returns the bytes read, or a negated errno.</summary>
    internal abstract long Read(long offsetBytes, SegmentBatch destination);

    /// <summary>Writes all segments, or the first ones, durably if requested. Returns the bytes written, or a negated
    /// errno.</summary>
    internal abstract long Write(long offsetBytes, SegmentBatch source, bool forceUnitAccess);

    /// <summary>Makes all written data durable. Returns 0, or an errno.</summary>
    internal abstract int Flush();

    /// <inheritdoc cref="IBlockDevice.ConfirmAcceptedAsync"/>
    /// <returns>0, or an errno.</returns>
    internal virtual int ConfirmAccepted() => Errno.NotSupported;

    /// <inheritdoc cref="IBlockDevice.DropCacheAsync"/>
    /// <returns>0, or an errno.</returns>
    internal virtual int DropCache() => Errno.NotSupported;

    /// <summary>Discards the range. Returns 0, or an errno.</summary>
    internal abstract int Discard(long offsetBytes, long lengthBytes);

    /// <summary>Makes the range read as zero; writes zeroes if there is no call for this, unless the flags forbid it.
    /// Returns 0, or an errno.</summary>
    internal int WriteZeroes(long offsetBytes, long lengthBytes, WriteZeroesFlags flags)
    {
        var errno = ZeroRange(offsetBytes, lengthBytes, flags);
        return errno == Errno.NotSupported && !flags.HasFlag(WriteZeroesFlags.NoFallback)
            ? WriteOutZeroes(offsetBytes, lengthBytes)
            : errno;
    }

    /// <summary>Closes the file.</summary>
    public virtual void Dispose() => Handle.Dispose();

    /// <inheritdoc cref="IBlockDevice.GetExtents"/>
    internal virtual IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max) =>
        [new DeviceExtent(count, ExtentKind.Data)];

    /// <summary>Makes the range read as zero without writing it; <see cref="Errno.NotSupported"/> if there is no such
    /// call.</summary>
    protected abstract int ZeroRange(long offsetBytes, long lengthBytes, WriteZeroesFlags flags);

    /// <summary>The limit of a range operation on a device of the given capacity.</summary>
    protected static ByteSize RangeLimit(ByteSize capacity) => ByteSize.Min(capacity, MaxRange);

    /// <summary>Writes zeroes like any other data. Returns 0, or an errno.</summary>
    protected int WriteOutZeroes(long offsetBytes, long lengthBytes)
    {
        var batch = new SegmentBatch();
        var errno = 0;
        for (var end = offsetBytes + lengthBytes; offsetBytes < end && errno == 0;)
        {
            batch.Clear();
            AddZeroes(batch, Math.Min(end - offsetBytes, MaxTransferBytes));
            var written = Write(offsetBytes, batch, forceUnitAccess: false);
            errno = written switch
            {
                > 0 => 0,
                0 => Errno.InputOutput,
                _ => (int)-written,
            };
            errno = errno == Errno.Interrupted ? 0 : errno;
            offsetBytes += Math.Max(written, 0);
        }

        return errno;
    }

    /// <summary>Adds the same few pages of zeroes repeatedly, so that no further memory has to be filled.</summary>
    private static void AddZeroes(SegmentBatch batch, long lengthBytes)
    {
        for (var rest = lengthBytes; rest > 0; rest -= ZeroBytes)
        {
            batch.Add(Zeroes.Value[..(int)Math.Min(rest, ZeroBytes)]);
        }
    }
}

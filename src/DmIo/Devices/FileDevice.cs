using System.Runtime.CompilerServices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices;

/// <summary>
/// A regular file or a block device, through the operating system's page cache: a write is durable after the next
/// flush. Its capacity is the whole sectors that the file had when it was opened; a last partial sector is neither read
/// nor written, and the file never grows or shrinks.
/// </summary>
/// <remarks>
/// A device that can write holds the file alone: on Linux by an advisory lock (a block device: by O_EXCL, which a
/// mounted one refuses), so that two devices of this service, or of two processes that ask for the lock, never share
/// one. Network file systems may not lock. Every call completes later, on a thread of the pool, and keeps the operating
/// system's error number.
/// </remarks>
public sealed class FileDevice : IBlockDevice
{
    private static readonly Memory<byte> Zeroes = new byte[64 << 10];

    private readonly FileStore store;

    internal FileDevice(FileStore store) => this.store = store;

    /// <inheritdoc/>
    public DeviceDescription Description => store.Description;

    /// <summary>Opens it, or creates it where that is asked for.</summary>
    /// <exception cref="DeviceOpenException">
    /// It is missing, a directory, without a sector, forbidden, in use, or too small.
    /// </exception>
    public static FileDevice Open(FileDeviceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new FileDevice(FileOpening.Open(options));
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TransferResult> ReadAsync(Sector start, SegmentBatch destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var offset = start.Value * Sector.SizeBytes;
        try
        {
            return TransferResult.Moved(destination.Count == 1
                ? await RandomAccess.ReadAsync(store.Handle, destination.Segments[0], offset)
                : await RandomAccess.ReadAsync(store.Handle, destination, offset));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return TransferResult.Failed(
                Errno.StatusOf(exception, $"Reading {destination.LengthBytes} bytes at sector {start}"));
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TransferResult> WriteAsync(Sector start, SegmentBatch source, bool forceUnitAccess)
    {
        ArgumentNullException.ThrowIfNull(source);
        var offset = start.Value * Sector.SizeBytes;
        try
        {
            await (source.Count == 1
                ? RandomAccess.WriteAsync(store.Handle, source.Segments[0], offset)
                : RandomAccess.WriteAsync(store.Handle, source, offset));
            return TransferResult.Moved(source.LengthBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return TransferResult.Failed(
                Errno.StatusOf(exception, $"Writing {source.LengthBytes} bytes at sector {start}"));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IoStatus> FlushAsync() => OnPoolAsync("The flush", store.Flush);

    /// <inheritdoc/>
    public ValueTask<IoStatus> DiscardAsync(Sector start, SectorCount count) => OnPoolAsync(
        $"Discarding {count} sectors from sector {start} on",
        () => store.Discard(start.Value * Sector.SizeBytes, count.Bytes));

    /// <inheritdoc/>
    public ValueTask<IoStatus> WriteZeroesAsync(Sector start, SectorCount count) => OnPoolAsync(
        $"Zeroing {count} sectors from sector {start} on",
        () => Zero(start.Value * Sector.SizeBytes, count.Bytes));

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        store.Handle.Dispose();
        return default;
    }

    private static async ValueTask<IoStatus> OnPoolAsync(string doing, Func<int> call)
    {
        try
        {
            var errno = await Task.Run(call);
            return errno switch
            {
                0 => IoStatus.Ok,
                Errno.NotSupported => new IoStatus(
                    IoStatusCode.Unsupported,
                    new IoFailure($"{doing} is not supported by the file system or device.", errno)),
                _ => IoStatus.DeviceError($"{doing} failed: {Errno.TextOf(errno)}", errno),
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Errno.StatusOf(exception, doing);
        }
    }

    private int Zero(long offsetBytes, long lengthBytes)
    {
        var errno = store.WriteZeroes(offsetBytes, lengthBytes);
        if (errno != Errno.NotSupported)
        {
            return errno;
        }

        for (var end = offsetBytes + lengthBytes; offsetBytes < end;)
        {
            var batch = ZeroBatch(end - offsetBytes);
            RandomAccess.Write(store.Handle, batch, offsetBytes);
            offsetBytes += batch.LengthBytes;
        }

        return 0;
    }

    /// <summary>One page of zeroes named many times over: no memory is filled to write them.</summary>
    private static SegmentBatch ZeroBatch(long lengthBytes)
    {
        var batch = new SegmentBatch(DeviceDescription.SegmentsPerSystemCall / 4);
        for (var rest = Math.Min(lengthBytes, FileStore.MaxTransferBytes); rest > 0; rest -= Zeroes.Length)
        {
            batch.Add(Zeroes[..(int)Math.Min(rest, Zeroes.Length)]);
        }

        return batch;
    }
}

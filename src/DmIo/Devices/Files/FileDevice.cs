using DmIo.Devices.Stores;
using DmIo.Io;
using DmIo.Native;

namespace DmIo.Devices.Files;

/// <summary>
/// A regular file or a block device, through the page cache of the operating system or with direct I/O. A write is
/// durable after the next flush. The capacity is the size of the file when it is opened, in whole sectors (direct I/O:
/// whole blocks). A partial sector or block at the end is neither read nor written, and the file never grows beyond the
/// capacity. If the file is truncated while it is open, reads of the missing part fail with errno 5, and writes and
/// zeroes extend the file again, unless <see cref="DeviceOperation.NoExtend"/> is set.
/// </summary>
/// <remarks>
/// A writable device holds the file exclusively: on Linux by an advisory lock (a block device: by O_EXCL, which fails
/// on a mounted block device), so that two devices of this service, or of two processes that use the lock, never share
/// a file. Network file systems may not support locks. The mode in the description says how calls reach the kernel; a
/// failed call reports the error number of the operating system.
/// </remarks>
public sealed class FileDevice : IBlockDevice
{
    private readonly FileStore store;
    private readonly IFileEngine engine;

    private FileDevice(FileStore store, IFileEngine engine, bool readsAfterFailure)
    {
        this.store = store;
        this.engine = engine;
        Description = store.Description with
        {
            Mode = engine.Mode,
            ReadsAfterFailure = readsAfterFailure,
            IsExclusive = !store.Description.IsReadOnly,
            Identity = FileIdentity.Of(store.Handle),
        };
    }

    /// <inheritdoc/>
    public DeviceDescription Description { get; }

    /// <summary>Opens the file or block device, or creates the file if requested.</summary>
    /// <exception cref="DeviceOpenException"> The file is missing, a directory, shorter than a sector, inaccessible, in
    /// use, or too small; or the requested mode is not available.
    /// </exception>
    public static FileDevice Open(FileDeviceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return FileOpening.Open(options);
    }

    /// <inheritdoc/>
    public void Attach(DeviceHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        engine.Attach(host);
    }

    /// <inheritdoc/>
    public void Poll() => engine.Poll();

    /// <inheritdoc/>
    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) =>
        operation.NoExtend && operation.Kind.ChangesSectors() && store.IsTruncated
            ? new(TransferResult.Failed(IoStatus.Failed(
                IoStatusCode.Truncated,
                $"{operation} was refused: the file has become shorter than the {Description.Capacity.Bytes} bytes "
                + "that it had when it was opened.")))
            : engine.SubmitAsync(operation);

    /// <summary>Syncs a second descriptor of the file, which was opened together with the first one.</summary>
    public ValueTask<IoStatus> ConfirmAcceptedAsync() => engine.ConfirmAcceptedAsync();

    /// <summary>Drops the page cache, on a pool thread.</summary>
    public ValueTask<IoStatus> DropCacheAsync() => new(Task.Run(() => FileCalls.DropCache(store)));

    /// <inheritdoc/>
    public IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max) =>
        store.GetExtents(start, count, max);

    /// <summary>Closes the file, after the operations in flight.</summary>
    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync().ConfigureAwait(false);
        store.Dispose();
    }

    /// <summary>A device over a store and an engine, both of which it owns.</summary>
    internal static FileDevice Over(FileStore store, IFileEngine engine, bool readsAfterFailure = false)
    {
        var device = store.Description;
        var alignment = new DirectAlignment((int)device.BlockSize.Bytes, (int)device.MemoryAlignment.Bytes);
        return new FileDevice(
            store,
            alignment.MemoryAlignmentBytes == 1 ? engine : new DirectBounce(engine, alignment),
            readsAfterFailure);
    }
}

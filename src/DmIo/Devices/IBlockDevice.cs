using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices;

/// <summary>
/// A block device: a fixed number of sectors that can be read and written. Backends implement this interface. The
/// service puts an actor in front of each device, which orders operations, limits the number in flight, splits large
/// operations and continues short transfers.
/// </summary>
/// <remarks>
/// The caller (the service) promises:
/// <list type="bullet">
/// <item>ranges lie within <see cref="DeviceDescription.Capacity"/> and fit the limits of
/// <see cref="Description"/>;</item>
/// <item>operations in flight at the same time do not overlap;</item>
/// <item>memory is neither freed nor (for a write) changed before the task of the operation completes;</item>
/// <item>calls are made one at a time, from any thread, while earlier operations are still in flight;</item>
/// <item><c>DisposeAsync</c> is called once, when nothing is in flight, and no other call follows it.</item>
/// </list>
/// The implementation promises:
/// <list type="bullet">
/// <item>memory is accessed only until the task completes, or until <see cref="TransferResult.Held"/> ends;</item>
/// <item>an external failure (a bad disk, a full file system, a dead peer) is returned as a status; an exception is a
/// defect, which the service survives and reports as DeviceError;</item>
/// <item>an operation that does not need to wait completes before the call returns: it is then served inline, on the
/// turn of the device actor, without a switch to another thread.</item>
/// </list>
/// A device whose owner called <see cref="Attach"/> may gather calls, and may complete operations only in
/// <see cref="Poll"/>, which counts as one of the calls that are made one at a time. A device without an owner submits
/// and completes operations by itself.
/// </remarks>
public interface IBlockDevice : IAsyncDisposable
{
    /// <summary>Capacity, limits and abilities. While the device is open, the capacity may grow
    /// (<see cref="DeviceHost.Grown"/>); nothing else changes.</summary>
    DeviceDescription Description { get; }

    /// <summary>
    /// Attaches the device to its owner, at most once and before any other call. From now on the owner calls
    /// <see cref="Poll"/> after its other calls, and when the device requests a poll.
    /// </summary>
    void Attach(DeviceHost host)
    {
    }

    /// <summary>Submits the calls since the last poll, and completes operations that have ended. Never waits. Does
    /// nothing if the device gathers no calls.</summary>
    void Poll()
    {
    }

    /// <summary>
    /// Executes one operation. An operation with a range is submitted only if its limit
    /// (<see cref="DeviceDescription.LimitOf"/>) is not 0, for at most that size.
    /// <list type="bullet">
    /// <item>Read: fills <see cref="DeviceOperation.Data"/>. The transfer may be short; 0 bytes means end of
    /// file.</item>
    /// <item>Write: writes <see cref="DeviceOperation.Data"/>, which is not changed. The transfer may be short. With
    /// <see cref="DeviceOperation.ForceUnitAccess"/> (only if <see cref="DeviceDescription.HasForceUnitAccess"/> is
    /// set), the write is durable when it completes.</item>
    /// <item>Flush: makes every write durable that completed before this call.</item>
    /// <item>Discard: the contents of the sectors are undefined afterwards.</item>
    /// <item>WriteZeroes: the sectors read as zero afterwards. An operation with NoFallback (only if
    /// <see cref="DeviceDescription.HasFastWriteZeroes"/> is set) may end as Unsupported; nothing was written
    /// then.</item>
    /// </list>
    /// </summary>
    /// <returns>The result. For an operation without data, only the status counts.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The operation is unknown to the device.</exception>
    ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation);

    /// <summary>
    /// Determines whether the data that the device accepted since it was opened can still be trusted. Called after a
    /// durable write or a flush that the system refused because it lacked room, memory or a thread. Ok: all data that
    /// was accepted before this call is durable, and nothing was lost since the device was opened, according to a
    /// report that no earlier call can have consumed. Unsupported (the default): the device has no such report. Any
    /// other status: data may be lost.
    /// </summary>
    ValueTask<IoStatus> ConfirmAcceptedAsync() =>
        new(IoStatus.Failed(IoStatusCode.Unsupported, "The device does not report lost writes separately."));

    /// <summary>
    /// After a failed flush, when nothing is in flight: drops accepted data that is not durable, so that reads return
    /// the contents of the store, and later flushes report only later losses. Completes at any time, on any thread. Ok
    /// (the default, for devices without a cache): done. Unsupported: nothing was dropped. Any other status: the cache
    /// was dropped as far as possible, and the store still rejects writes.
    /// </summary>
    ValueTask<IoStatus> DropCacheAsync() => new(IoStatus.Ok);

    /// <summary>
    /// Returns the extents of a range, as known without reading it: from <paramref name="start"/> on, at least one
    /// extent and at most <paramref name="max"/>, all within the range; the list may end early. Sectors that are being
    /// written have either their old or their new kind. Unlike all other members, this method may be called on any
    /// thread at any time, even during another call, and may block; an exception fails only this query. A closed device
    /// throws.
    /// </summary>
    /// <param name="start">The first sector.</param>
    /// <param name="count">The number of sectors, at least 1, within the capacity.</param>
    /// <param name="max">The largest number of extents, at least 1.</param>
    IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max) =>
        [new DeviceExtent(count, ExtentKind.Data)];
}

/// <summary>
/// The services that the owner of a device provides to the device (<see cref="IBlockDevice.Attach"/>): requests for
/// polls, the memory of the service, and events. Immutable.
/// </summary>
public sealed class DeviceHost
{
    private readonly Action wake;

    /// <param name="wake">See <see cref="Wake"/>.</param>
    public DeviceHost(Action wake)
    {
        ArgumentNullException.ThrowIfNull(wake);
        this.wake = wake;
    }

    /// <summary>The memory of the page pool, for backends that register buffers with the kernel; null:
    /// unknown.</summary>
    internal PoolMemory? Memory { get; init; }

    /// <summary>
    /// Pages of the pool that belong to the device until it is disposed of, in the number that
    /// <see cref="DeviceDescription.BouncePages"/> requests: bounce memory for data that direct I/O cannot access in
    /// place.
    /// </summary>
    public IReadOnlyList<Page> BouncePages { get; init; } = [];

    /// <summary>The name of the device, as regions use it; empty: none.</summary>
    public string DeviceName { get; init; } = "";

    /// <summary>Publishes changes of the state of the device, from any thread. The service publishes them on the event
    /// stream of the actor system; by default, they are dropped.</summary>
    public Action<object> Publish { get; init; } = static _ => { };

    /// <summary>Reports that the capacity has grown to this size, from any thread, after
    /// <see cref="IBlockDevice.Description"/> has it. By default, it is ignored.</summary>
    public Action<ByteSize> Grown { get; init; } = static _ => { };

    /// <summary>Requests a call of <see cref="IBlockDevice.Poll"/>. May be called from any thread, any number of times;
    /// cheap if a poll is already due.</summary>
    public void Wake() => wake();
}

/// <summary>The result of an operation of a device.</summary>
/// <param name="Bytes">The number of bytes transferred, from the beginning of the batch, even if the status is a
/// failure; the rest of the memory is unchanged. Ignored for an operation without data.</param>
/// <param name="Status">Ok with fewer bytes than requested is a short transfer, which the caller continues.</param>
public readonly record struct TransferResult(long Bytes, IoStatus Status)
{
    /// <summary>Until this task ends, the device may still access the memory of the operation or, if it failed, execute
    /// it, though its result is final: a replica that hangs was given up, and the others have the data; or a server has
    /// not closed its side of a connection that was given up. The caller is answered now, with
    /// <see cref="IoResult.BufferHeld"/>. If the task fails, the memory is not used any more, and it is unknown whether
    /// the device will still execute the operation. Null: the operation has ended.</summary>
    public Task? Held { get; init; }

    /// <summary>What the device reports about the operation beyond the status (<see cref="IoResult.DetailOf"/>): an
    /// immutable object of a type that the device defines; null: nothing. A detail costs the request an
    /// allocation.</summary>
    public object? Detail { get; init; }

    /// <summary>A successful transfer of a number of bytes.</summary>
    public static TransferResult Moved(long bytes) => new(bytes, IoStatus.Ok);

    /// <summary>A failure without any bytes known to be transferred.</summary>
    public static TransferResult Failed(IoStatus status) => new(0, status);
}

/// <summary>A run of sectors of one kind, in a list of adjacent extents
/// (<see cref="IBlockDevice.GetExtents"/>).</summary>
/// <param name="Count">The number of sectors, at least 1.</param>
/// <param name="Kind">The kind of the sectors.</param>
public readonly record struct DeviceExtent(SectorCount Count, ExtentKind Kind);

/// <summary>The kind of content of sectors, as far as a device knows it without reading them.</summary>
public enum ExtentKind
{
    /// <summary>Written data, or unknown.</summary>
    Data,

    /// <summary>No space allocated, as far as the device knows; reads as zero.</summary>
    Hole,

    /// <summary>Space allocated; reads as zero.</summary>
    Zero,
}

/// <summary>Shorter forms of <see cref="IBlockDevice.SubmitAsync"/>, for code that uses a device directly.</summary>
public static class BlockDeviceOperations
{
    /// <summary>Reads from <paramref name="start"/> into <paramref name="destination"/>. The transfer may be
    /// short.</summary>
    public static ValueTask<TransferResult> ReadAsync(
        this IBlockDevice device, Sector start, SegmentBatch destination) =>
        Of(device).SubmitAsync(DeviceOperation.Read(start, destination));

    /// <summary>Writes <paramref name="source"/> at <paramref name="start"/>. The transfer may be short.</summary>
    /// <param name="device">The device.</param>
    /// <param name="start">The first sector.</param>
    /// <param name="source">The data, which is not changed.</param>
    /// <param name="forceUnitAccess">The write is durable when it completes. True only if
    /// <see cref="DeviceDescription.HasForceUnitAccess"/> is set.</param>
    public static ValueTask<TransferResult> WriteAsync(
        this IBlockDevice device, Sector start, SegmentBatch source, bool forceUnitAccess) =>
        Of(device).SubmitAsync(DeviceOperation.Write(start, source, forceUnitAccess));

    /// <summary>Makes every write durable that completed before this call.</summary>
    public static ValueTask<IoStatus> FlushAsync(this IBlockDevice device) =>
        StatusAsync(Of(device).SubmitAsync(DeviceOperation.Flush()));

    /// <summary>Discards the sectors.</summary>
    public static ValueTask<IoStatus> DiscardAsync(this IBlockDevice device, Sector start, SectorCount count) =>
        StatusAsync(Of(device).SubmitAsync(DeviceOperation.Discard(start, count)));

    /// <summary>Makes the sectors read as zero.</summary>
    public static ValueTask<IoStatus> WriteZeroesAsync(
        this IBlockDevice device, Sector start, SectorCount count, WriteZeroesFlags flags) =>
        StatusAsync(Of(device).SubmitAsync(DeviceOperation.WriteZeroes(start, count, flags)));

    private static async ValueTask<IoStatus> StatusAsync(ValueTask<TransferResult> call) =>
        (await call.ConfigureAwait(false)).Status;

    private static IBlockDevice Of(IBlockDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device;
    }
}

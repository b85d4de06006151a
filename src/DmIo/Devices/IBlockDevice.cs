using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices;

/// <summary>
/// A block device: a fixed number of sectors that can be read and written. This is the side of the backend; the service
/// puts an actor in front of it that orders, bounds, splits and continues operations.
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
/// <item>memory is accessed only until the task completes;</item>
/// <item>an external failure (a bad disk, a full file system, a dead peer) is a returned status; an exception is a
/// defect, which the service survives and reports as DeviceError;</item>
/// <item>an operation that needs no waiting completes before the call returns: it is then served inline, on the turn of
/// the device actor, without a hop to another thread.</item>
/// </list>
/// A device whose owner called <see cref="Attach"/> may gather calls, and may complete operations only in
/// <see cref="Poll"/>, which counts as one of the calls that are made one at a time. A device without an owner submits
/// and completes by itself.
/// </remarks>
public interface IBlockDevice : IAsyncDisposable
{
    /// <summary>Capacity, limits and abilities; they never change while the device is open.</summary>
    DeviceDescription Description { get; }

    /// <summary>
    /// The owner takes the device over, at most once and before any other call: from now on the owner calls
    /// <see cref="Poll"/> after its calls, and when the device requests it.
    /// </summary>
    void Attach(DeviceHost host)
    {
    }

    /// <summary>Submits the calls since the last poll, and completes operations that have ended. Never waits. Does
    /// nothing if the device gathers no calls.</summary>
    void Poll()
    {
    }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="start"/> on. May be short; 0 bytes means
    /// end of file.</summary>
    ValueTask<TransferResult> ReadAsync(Sector start, SegmentBatch destination);

    /// <summary>Writes <paramref name="source"/> at <paramref name="start"/>. May be short.</summary>
    /// <param name="start">The first sector.</param>
    /// <param name="source">Its bytes are not changed.</param>
    /// <param name="forceUnitAccess">Durable when it completes. Set only where
    /// <see cref="DeviceDescription.HasForceUnitAccess"/>.</param>
    ValueTask<TransferResult> WriteAsync(Sector start, SegmentBatch source, bool forceUnitAccess);

    /// <summary>Makes durable every write that completed before this was called.</summary>
    ValueTask<IoStatus> FlushAsync();

    /// <summary>
    /// Called after a durable write or a flush that the system refused because it lacked room, memory or a thread: can
    /// the data that the device accepted since it was opened still be trusted? Ok: all data that was accepted before
    /// this call is durable, and nothing was lost since the device was opened, by a report that no earlier call can
    /// have consumed. Unsupported (the default): the device has no such report. Any other status: data may be lost.
    /// </summary>
    ValueTask<IoStatus> ConfirmAcceptedAsync() =>
        new(IoStatus.Failed(IoStatusCode.Unsupported, "The device does not report lost writes separately."));

    /// <summary>
    /// After a failed flush, when nothing is in flight: drops accepted data that is not durable, so that reads return
    /// what the store itself holds, and later flushes report later losses only. Completes at any time, on any thread.
    /// Ok (the default, for devices without a cache): done. Unsupported: nothing was dropped. Any other status: the
    /// cache was dropped as far as possible, and the store still takes no writes.
    /// </summary>
    ValueTask<IoStatus> DropCacheAsync() => new(IoStatus.Ok);

    /// <summary>Discards the sectors. Called only if <see cref="DeviceDescription.MaxDiscard"/> is not 0, within
    /// it.</summary>
    ValueTask<IoStatus> DiscardAsync(Sector start, SectorCount count);

    /// <summary>Makes the sectors read as zero. Called only if <see cref="DeviceDescription.MaxWriteZeroes"/> is not 0,
    /// within it.</summary>
    /// <param name="start">The first sector.</param>
    /// <param name="count">How many.</param>
    /// <param name="flags">The way. A call with NoFallback (only if <see cref="DeviceDescription.HasFastWriteZeroes"/>)
    /// may end as Unsupported; then nothing was written.</param>
    ValueTask<IoStatus> WriteZeroesAsync(Sector start, SectorCount count, WriteZeroesFlags flags);

    /// <summary>
    /// The extents of a range, as known without reading it: from <paramref name="start"/> on, at least one extent, at
    /// most <paramref name="max"/>, within the range; the list may end early. For sectors that are being written,
    /// either their old or their new kind. Unlike all other members, this may be called on any thread at any time, also
    /// during another call, and may block; an exception refuses this query alone. A closed device throws.
    /// </summary>
    /// <param name="start">The first sector.</param>
    /// <param name="count">At least 1; within the capacity.</param>
    /// <param name="max">At least 1.</param>
    IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max) =>
        [new DeviceExtent(count, ExtentKind.Data)];
}

/// <summary>
/// The services that the owner of a device provides when it takes the device over (<see cref="IBlockDevice.Attach"/>):
/// requests for polls, the memory of the service, and events. Immutable.
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

    /// <summary>The memory of the leases, for backends that register buffers with the kernel; null: unknown.</summary>
    internal PoolMemory? Memory { get; init; }

    /// <summary>
    /// Pages of the pool that belong to the device until it is disposed of, as many as
    /// <see cref="DeviceDescription.BouncePages"/> requests: for memory that direct I/O cannot use.
    /// </summary>
    public IReadOnlyList<Page> BouncePages { get; init; } = [];

    /// <summary>The name of the device in regions; empty: none.</summary>
    public string DeviceName { get; init; } = "";

    /// <summary>Publishes changes of the state of the device, from any thread: the service uses the event stream of the
    /// actor system. Without it, events are dropped.</summary>
    public Action<object> Publish { get; init; } = static _ => { };

    /// <summary>Requests a <see cref="IBlockDevice.Poll"/> soon. From any thread, any number of times; cheap if a poll
    /// is already due.</summary>
    public void Wake() => wake();
}

/// <summary>The result of a read or write call.</summary>
/// <param name="Bytes">Bytes transferred from the beginning of the batch, also if the status is a failure; the rest is
/// unchanged.</param>
/// <param name="Status">Ok with fewer bytes than requested is a short transfer, which the caller continues.</param>
public readonly record struct TransferResult(long Bytes, IoStatus Status)
{
    /// <summary>A transfer of a number of bytes.</summary>
    public static TransferResult Moved(long bytes) => new(bytes, IoStatus.Ok);

    /// <summary>A failure, with no bytes known to be transferred.</summary>
    public static TransferResult Failed(IoStatus status) => new(0, status);
}

/// <summary>Sectors of one kind, in a list of adjacent extents (<see cref="IBlockDevice.GetExtents"/>).</summary>
/// <param name="Count">How many, at least 1.</param>
/// <param name="Kind">What they are.</param>
public readonly record struct DeviceExtent(SectorCount Count, ExtentKind Kind);

/// <summary>The content of sectors, as far as a device knows it without reading them.</summary>
public enum ExtentKind
{
    /// <summary>Written data, or unknown.</summary>
    Data,

    /// <summary>No space allocated, as far as the device knows; reads as zero.</summary>
    Hole,

    /// <summary>Space allocated; reads as zero.</summary>
    Zero,
}

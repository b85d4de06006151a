using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Devices;

/// <summary>
/// A block device: a fixed number of sectors that can be read and written. This is the backend side; in front of it
/// the service puts an actor that orders, bounds, splits and continues operations.
/// </summary>
/// <remarks>
/// What a caller of these members promises (the service does): ranges lie within
/// <see cref="DeviceDescription.Capacity"/>
/// and fit the limits of <see cref="Description"/>; operations in flight at the same time do not overlap; memory is
/// neither freed nor (for a write) changed before the operation's task completes; nothing is called after
/// <c>DisposeAsync</c>, which is called once, when nothing is in flight. What an implementation promises: it may be
/// called from any thread, one call at a time, while earlier operations are still in flight; it touches memory only
/// until the task completes; what the world does (a bad disk, a full file system, a dead peer) is a returned status,
/// and an exception is a defect (the service survives it and reports DeviceError); an operation that can be served
/// without waiting completes before the call returns, which is served inline, on the device actor's own turn, at no
/// cost of a thread hop. A device whose owner called <see cref="Attach"/> may gather calls and complete operations only
/// in <see cref="Poll"/>, which counts as one of the calls that come one at a time; one that was never attached sends
/// and completes by itself.
/// </remarks>
public interface IBlockDevice : IAsyncDisposable
{
    /// <summary>Capacity, limits and abilities; they never change while the device is open.</summary>
    DeviceDescription Description { get; }

    /// <summary>
    /// The owner takes the device over, at most once and before any other call: from now on it calls
    /// <see cref="Poll"/> after its calls, and when it was woken.
    /// </summary>
    void Attach(DeviceHost host)
    {
    }

    /// <summary>Sends what was called since the last time, and completes operations that are done. Never waits. Nothing
    /// where a device gathers nothing.</summary>
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
    /// Called after a durable write or a flush that the system refused for want of room, memory or a thread: may all
    /// that the device accepted since it was opened still be trusted? Ok: everything that was accepted before this call
    /// is durable, and nothing was lost since the device was opened, by a report that no earlier call can have
    /// consumed. Unsupported (the default): the device has no such report. Any other status: something may be lost.
    /// </summary>
    ValueTask<IoStatus> ConfirmAcceptedAsync() =>
        new(IoStatus.Failed(IoStatusCode.Unsupported, "The device does not report lost writes separately."));

    /// <summary>
    /// After a failed flush, when nothing is in flight: gives up what was accepted and is not durable, so that reads
    /// return what the store itself holds, and later flushes report later losses only. Completes at any time, on any
    /// thread. Ok (the default, for devices that cache nothing): it is so. Unsupported: nothing was dropped. Any other
    /// status: the cache was dropped as far as possible, and the store still takes no writes.
    /// </summary>
    ValueTask<IoStatus> DropCacheAsync() => new(IoStatus.Ok);

    /// <summary>Gives up the sectors. Called only where <see cref="DeviceDescription.MaxDiscard"/> is not 0, within
    /// it.</summary>
    ValueTask<IoStatus> DiscardAsync(Sector start, SectorCount count);

    /// <summary>Makes the sectors read as zero. Called only where <see cref="DeviceDescription.MaxWriteZeroes"/> is
    /// not 0, within it.</summary>
    /// <param name="start">The first sector.</param>
    /// <param name="count">How many.</param>
    /// <param name="flags">How. Of a call that may not fall back (set only where
    /// <see cref="DeviceDescription.HasFastWriteZeroes"/>) the answer may be Unsupported; then nothing was
    /// written.</param>
    ValueTask<IoStatus> WriteZeroesAsync(Sector start, SectorCount count, WriteZeroesFlags flags);

    /// <summary>
    /// What the device knows of a range without reading it: from <paramref name="start"/> on, at least one extent, at
    /// most <paramref name="max"/>, not beyond the range; it may stop early. Of sectors that are being written, either
    /// what they were or what they will be. Unlike all other members, it may be called on any thread at any time, also
    /// while another call is made, and may block; what it throws refuses the question alone. A device that was closed
    /// when the question came to it throws.
    /// </summary>
    /// <param name="start">The first sector.</param>
    /// <param name="count">At least 1; within the capacity.</param>
    /// <param name="max">At least 1.</param>
    IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max) =>
        [new DeviceExtent(count, ExtentKind.Data)];
}

/// <summary>
/// What the owner of a device gives it when it takes it over (<see cref="IBlockDevice.Attach"/>): a way to ask for a
/// turn, the service's memory, and a place for its news. Immutable.
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

    /// <summary>The memory that leases are cut from, for backends that register buffers with the kernel; null: none is
    /// known.</summary>
    internal PoolMemory? Memory { get; init; }

    /// <summary>
    /// Pages of the pool that are the device's own until it is disposed of, as many as
    /// <see cref="DeviceDescription.BouncePages"/> asked for: what memory that direct I/O can't take goes through.
    /// </summary>
    public IReadOnlyList<Page> BouncePages { get; init; } = [];

    /// <summary>What regions call the device; empty where it has no name.</summary>
    public string DeviceName { get; init; } = "";

    /// <summary>Where the device tells of changes of its state, from any thread: the service publishes them on the
    /// actor system's event stream. Nobody hears of them where it is not set.</summary>
    public Action<object> Publish { get; init; } = static _ => { };

    /// <summary>Asks for a <see cref="IBlockDevice.Poll"/> soon. From any thread, any number of times; cheap when one
    /// is due already.</summary>
    public void Wake() => wake();
}

/// <summary>What one call to a device moved.</summary>
/// <param name="Bytes">Bytes moved from the beginning of the batch, also where the status is a failure; the rest is
/// as it was.</param>
/// <param name="Status">Ok with fewer bytes than asked for means a short transfer, which the caller
/// continues.</param>
public readonly record struct TransferResult(long Bytes, IoStatus Status)
{
    /// <summary>That many bytes were moved.</summary>
    public static TransferResult Moved(long bytes) => new(bytes, IoStatus.Ok);

    /// <summary>Nothing (known) was moved.</summary>
    public static TransferResult Failed(IoStatus status) => new(0, status);
}

/// <summary>Sectors of one kind, in a list of which each begins where the one before ends
/// (<see cref="IBlockDevice.GetExtents"/>).</summary>
/// <param name="Count">How many, at least 1.</param>
/// <param name="Kind">What they are.</param>
public readonly record struct DeviceExtent(SectorCount Count, ExtentKind Kind);

/// <summary>What a device knows of sectors without reading them.</summary>
public enum ExtentKind
{
    /// <summary>They hold what was written there, or nobody knows.</summary>
    Data,

    /// <summary>They take no space, as far as the device knows, and read as zero.</summary>
    Hole,

    /// <summary>They take space, and read as zero.</summary>
    Zero,
}

using Akka.Actor;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Telemetry;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Protocol;

/// <summary>Any actor and the supervisor (<c>/user/dmio</c>): leases, devices, state.</summary>
/// <remarks><code>
///   Get           --+--> Granted            the pages are reserved; watch Granted.Requests and handle its
///                   |                       Terminated, which is also sent after a Put and when the service stops
///                   +--> GetRefused         nothing happened; contains the number of available pages
///   Put           --+--> PutDone            all requests of the lease are done, its pages are back in the pool
///                   +--> PutRefused         nothing happened
///   AttachDevice  --+--> DeviceAttached
///                   +--> AttachRefused      nothing happened; the device was not opened, or is disposed of
///   DetachDevice  --+--> DeviceDetached     operations in flight are done, the device is closed
///                   +--> DetachRefused
///   ReopenDevice  --+--> DeviceReopened     a failed device is back in service; non-durable writes may be lost
///                   +--> ReopenRefused      the device has not failed, or still fails
///   GetDevices    -----> DeviceList
///   GetExtents    --+--> Extents
///                   +--> ExtentsRefused     no such device, an invalid range, or the device reports no extents
///   GetPoolStatus -----> PoolStatus
///   GetStatistics -----> ServiceStatistics
/// </code>
/// Exactly one reply each, to the sender. State changes are published on the system's event stream, see
/// <see cref="ServiceEvents"/>.</remarks>
public static class ServiceProtocol
{
    /// <summary>Requests a lease (Linux dm-io: <c>dm_io_get(num_pages)</c>).</summary>
    /// <param name="Pages">The number of pages that the caller expects to have in I/O at once; at least 1. All or none
    /// are granted.</param>
    /// <param name="Owner">The actor whose death ends the lease; null: the sender. Required with <c>Ask</c>, whose
    /// temporary sender could not put the lease back.</param>
    /// <param name="Wait">True: if there are not enough free pages, wait for them in order. False: refuse.</param>
    /// <param name="Weight">The lease's share of a device that several leases use, 1 to 10000, in proportion to the
    /// weights of the others (Linux: io.weight).</param>
    public sealed record Get(int Pages, IActorRef? Owner = null, bool Wait = false, int Weight = LeaseWeight.Default)
        : INoSerializationVerificationNeeded;

    /// <summary>The lease, and the actor that accepts its requests (<see cref="IoProtocol"/>). An actor that watches it
    /// must handle <see cref="Terminated"/>, which is also sent when the lease was put back or the service stops; if
    /// unhandled, it fails the watching actor with a <see cref="DeathPactException"/>.</summary>
    public sealed record Granted(PageLease Lease, IActorRef Requests) : INoSerializationVerificationNeeded;

    /// <summary>No lease was granted.</summary>
    /// <param name="Pages">The requested number of pages.</param>
    /// <param name="Available">The number of pages available now.</param>
    /// <param name="Reason">One sentence that names the value, the limit and the fix.</param>
    public sealed record GetRefused(int Pages, int Available, string Reason) : INoSerializationVerificationNeeded
    {
        /// <summary><see cref="IoRefusal.Stopped"/>: the service is stopping or has stopped; null: another
        /// cause.</summary>
        public IoRefusal? Cause { get; init; }
    }

    /// <summary>Returns a lease (Linux dm-io: <c>dm_io_put(num_pages)</c>); the number is that of the Get. A lease that
    /// ended for another reason (its request actor died, the service is stopping) may also be put back once, to learn
    /// when no device uses its memory any longer.</summary>
    /// <param name="Lease">The lease of <see cref="Granted"/>.</param>
    /// <param name="Pages">The granted number of pages; any other number is refused.</param>
    /// <param name="Owner">The lease's owner; null: the sender. Any other actor is refused.</param>
    public sealed record Put(LeaseId Lease, int Pages, IActorRef? Owner = null) : INoSerializationVerificationNeeded;

    /// <summary>The pages are back in the pool.</summary>
    public sealed record PutDone(LeaseId Lease, int Pages) : INoSerializationVerificationNeeded;

    /// <summary>The Put had no effect.</summary>
    public sealed record PutRefused(LeaseId Lease, string Reason) : INoSerializationVerificationNeeded;

    /// <summary>Puts a device into service under a name. The service closes the device, even if the attach is refused.
    /// If the supervisor stops with this message in its mailbox (a dead letter), the sender still owns the
    /// device.</summary>
    /// <param name="Name">The name that regions use: 1 to 255 characters, none of them control characters, <c>@</c> or
    /// <c>,</c>.</param>
    /// <param name="Device">The open device.</param>
    /// <param name="QueueDepth">Operations in flight at once; null: <c>dmio.device-defaults.queue-depth</c>.</param>
    /// <param name="Policy">The order of its operations; null: <c>dmio.device-defaults.policy</c>.</param>
    public sealed record AttachDevice(
        string Name, IBlockDevice Device, QueueDepth? QueueDepth = null, SchedulingPolicy? Policy = null)
        : INoSerializationVerificationNeeded
    {
        /// <summary>From a sender that closes the device if the supervisor never takes it.</summary>
        internal DeviceHandover? Handover { get; init; }
    }

    /// <summary>Regions can name the device.</summary>
    public sealed record DeviceAttached(string Name, DeviceDescription Description)
        : INoSerializationVerificationNeeded;

    /// <summary>The device was not attached, and is disposed of.</summary>
    public sealed record AttachRefused(string Name, string Reason) : INoSerializationVerificationNeeded
    {
        /// <summary><see cref="IoRefusal.Stopped"/>: the service is stopping or has stopped; null: another
        /// cause.</summary>
        public IoRefusal? Cause { get; init; }
    }

    /// <summary>Takes a device out of service: operations in flight complete, later requests get DeviceGone.</summary>
    public sealed record DetachDevice(string Name) : INoSerializationVerificationNeeded;

    /// <summary>The device is closed, and its name is free.</summary>
    public sealed record DeviceDetached(string Name) : INoSerializationVerificationNeeded;

    /// <summary>There is no such device, or it is already being detached.</summary>
    public sealed record DetachRefused(string Name, string Reason) : INoSerializationVerificationNeeded;

    /// <summary>
    /// Puts a device whose flush failed back into service, without closing it. This gives up every write that was
    /// acknowledged and is not covered by a later successful flush: such a write may be on the disk or not, and no
    /// later flush reports it. The cache is written out and dropped first, so that reads return what the disk holds.
    /// </summary>
    /// <param name="Name">The name that regions use.</param>
    public sealed record ReopenDevice(string Name) : INoSerializationVerificationNeeded;

    /// <summary>The device is back in service.</summary>
    public sealed record DeviceReopened(string Name) : INoSerializationVerificationNeeded;

    /// <summary>There is no such device, it has not failed, it is being detached or reopened, or it still fails writes
    /// and stays failed.</summary>
    public sealed record ReopenRefused(string Name, string Reason) : INoSerializationVerificationNeeded;

    /// <summary>Requests <see cref="DeviceList"/>.</summary>
    public sealed record GetDevices : INoSerializationVerificationNeeded
    {
        /// <summary>The only instance.</summary>
        public static GetDevices Instance { get; } = new();
    }

    /// <summary>The attached devices, by name in ordinal order.</summary>
    public sealed record DeviceList(IReadOnlyList<DeviceStatus> Devices) : INoSerializationVerificationNeeded;

    /// <summary>The status of an attached device.</summary>
    /// <param name="Name">The name that regions use.</param>
    /// <param name="Description">Its properties.</param>
    /// <param name="State">Its state.</param>
    /// <param name="QueueDepth">The limit of operations in flight.</param>
    /// <param name="Policy">The order of its operations.</param>
    public sealed record DeviceStatus(
        string Name,
        DeviceDescription Description,
        DeviceState State,
        QueueDepth QueueDepth,
        SchedulingPolicy Policy);

    /// <summary>Requests the extents of a range, without reading it. Not ordered with the device's I/O.</summary>
    /// <param name="Device">The name that regions use.</param>
    /// <param name="Start">The first sector.</param>
    /// <param name="Count">The number of sectors, at least 1.</param>
    /// <param name="Max">The largest number of extents to return, 1 to 65536.</param>
    public sealed record GetExtents(string Device, Sector Start, SectorCount Count, int Max)
        : INoSerializationVerificationNeeded;

    /// <summary>Contiguous extents in order from <paramref name="Start"/>, at least one. They may end before the range
    /// does: continue with another request from there.</summary>
    public sealed record Extents(string Device, Sector Start, IReadOnlyList<DeviceExtent> List)
        : INoSerializationVerificationNeeded;

    /// <summary>There is no such device, the range does not fit it, or the device does not report extents.</summary>
    public sealed record ExtentsRefused(string Device, string Reason) : INoSerializationVerificationNeeded;

    /// <summary>Requests <see cref="PoolStatus"/>.</summary>
    public sealed record GetPoolStatus : INoSerializationVerificationNeeded
    {
        /// <summary>The only instance.</summary>
        public static GetPoolStatus Instance { get; } = new();
    }

    /// <summary>Requests <see cref="ServiceStatistics"/>.</summary>
    public sealed record GetStatistics : INoSerializationVerificationNeeded
    {
        /// <summary>The only instance.</summary>
        public static GetStatistics Instance { get; } = new();
    }

    /// <summary>Pages of 4096 bytes. Invariant: <c>Free + Leased + Draining + Quarantined == Total</c>, and <c>Total
    /// &lt;= Max</c>.</summary>
    /// <param name="Total">Allocated pages.</param>
    /// <param name="Free">Of these, pages without a holder.</param>
    /// <param name="Leased">Of these, pages in open leases, lent to open leases, or used as bounce pages of
    /// devices.</param>
    /// <param name="Draining">Of these, pages in leases that ended while a device still had I/O of them.</param>
    /// <param name="Quarantined">Of these, pages in open leases for requests that were answered at their deadline while
    /// a device still uses the pages. The pool lends other pages as a replacement, up to <paramref name="Max"/>; see
    /// <see cref="LeaseStatistics.Credit"/>.</param>
    /// <param name="Max"><c>dmio.pool.max-pages</c>.</param>
    /// <param name="Leases">The number of open leases.</param>
    /// <param name="Waiting">The number of Gets that wait for pages.</param>
    public sealed record PoolStatus(
        int Total, int Free, int Leased, int Draining, int Quarantined, int Max, int Leases, int Waiting)
        : INoSerializationVerificationNeeded;
}

/// <summary>
/// How leases share a device: in proportion to their weights, 1 to 10000 (Linux: io.weight).
/// </summary>
public static class LeaseWeight
{
    /// <summary>The default weight.</summary>
    public const int Default = 100;

    /// <summary>The largest weight.</summary>
    public const int Max = 10000;
}

/// <summary>The state of an attached device.</summary>
public enum DeviceState
{
    /// <summary>In service.</summary>
    Online,

    /// <summary>A flush failed: until the device is reopened, all operations are refused, except reads with
    /// <c>read-after-failure = on</c>.</summary>
    Failed,

    /// <summary>The device completes its accepted operations before it is detached.</summary>
    Detaching,
}

/// <summary>
/// Decides who closes a device that was sent to the supervisor: the supervisor after it has taken the device, or the
/// sender if the supervisor stops with the message in its mailbox. Exactly one of them, from any thread.
/// </summary>
internal sealed class DeviceHandover
{
    private int isTaken;

    /// <summary>True: the caller closes the device.</summary>
    internal bool TryTake() => Interlocked.Exchange(ref isTaken, 1) == 0;
}

/// <summary>The service's shutdown and the supervisor.</summary>
/// <remarks><code>
///   DrainService ----> ServiceDrained   every lease is closed as by Put, then every device is detached. Later Get and
///                                       AttachDevice are refused. No reply while a device is stuck: bound the wait;
///                                       stopping the supervisor answers the remaining requests.
/// </code></remarks>
internal static class DrainProtocol
{
    internal sealed record DrainService : INoSerializationVerificationNeeded
    {
        internal static DrainService Instance { get; } = new();
    }

    internal sealed record ServiceDrained : INoSerializationVerificationNeeded
    {
        internal static ServiceDrained Instance { get; } = new();
    }
}

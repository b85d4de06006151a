using Akka.Actor;
using DmIo.Actors.Scheduling;
using DmIo.Actors.Telemetry;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Protocol;

/// <summary>Anybody and the supervisor (<c>/user/dmio</c>): leases, devices, state.</summary>
/// <remarks><code>
///   Get           --+--> Granted            the pool holds the pages; watch Granted.Requests and handle its
///                   |                       Terminated, which also follows a Put and the stop of the service
///                   +--> GetRefused         nothing happened; says how many pages there are
///   Put           --+--> PutDone            everything of the lease is done and its pages are back in the pool
///                   +--> PutRefused         nothing happened
///   AttachDevice  --+--> DeviceAttached
///                   +--> AttachRefused      nothing happened; the device was not opened, or is disposed of
///   DetachDevice  --+--> DeviceDetached     what was in flight is done, the device is closed
///                   +--> DetachRefused
///   ReopenDevice  --+--> DeviceReopened     a failed device serves again; what was not durable may be lost
///                   +--> ReopenRefused      it has not failed, or still fails
///   GetDevices    -----> DeviceList
///   GetExtents    --+--> Extents
///                   +--> ExtentsRefused     no such device, a bad range, or the device does not tell
///   GetPoolStatus -----> PoolStatus
///   GetStatistics -----> ServiceStatistics
/// </code>
/// Exactly one reply each, to the sender. Changes of state are published on the system's event stream, see
/// <see cref="ServiceEvents"/>.</remarks>
public static class ServiceProtocol
{
    /// <summary>Asks for a lease. Linux dm-io's <c>dm_io_get(num_pages)</c>.</summary>
    /// <param name="Pages">How many pages the caller expects to have in I/O at once; at least 1. All or
    /// nothing.</param>
    /// <param name="Owner">Whose death returns the lease; null: the sender. Name it when asking with
    /// <c>Ask</c>: nobody could put back what the reference behind the question owns.</param>
    /// <param name="Wait">Wait in order for pages rather than be refused when there are not enough now.</param>
    /// <param name="Weight">The lease's share of a device that others want too, 1 to 10000, in proportion to theirs,
    /// as Linux's io.weight.</param>
    public sealed record Get(int Pages, IActorRef? Owner = null, bool Wait = false, int Weight = LeaseWeight.Default)
        : INoSerializationVerificationNeeded;

    /// <summary>The lease, and the actor that takes its requests (<see cref="IoProtocol"/>): an actor that watches it
    /// handles <see cref="Terminated"/>, which also comes when the lease was put back or the service stops; left
    /// unhandled, it fails the watching actor with a <see cref="DeathPactException"/>.</summary>
    public sealed record Granted(PageLease Lease, IActorRef Requests) : INoSerializationVerificationNeeded;

    /// <summary>No lease.</summary>
    /// <param name="Pages">What was asked for.</param>
    /// <param name="Available">What could be had now.</param>
    /// <param name="Reason">One sentence that names the value, the limit and the fix.</param>
    public sealed record GetRefused(int Pages, int Available, string Reason) : INoSerializationVerificationNeeded
    {
        /// <summary><see cref="IoRefusal.Stopped"/>: the service stops or has stopped; null: another cause.</summary>
        public IoRefusal? Cause { get; init; }
    }

    /// <summary>Gives a lease back. Linux dm-io's <c>dm_io_put(num_pages)</c>: the number is the one of the
    /// Get. One that ended otherwise (its request actor died, the service is stopping) may be put back once, too, by
    /// who wants to know when no device has its memory any more.</summary>
    /// <param name="Lease">From <see cref="Granted"/>.</param>
    /// <param name="Pages">The number that was granted; any other is refused.</param>
    /// <param name="Owner">The lease's owner; null: the sender. Any other is refused.</param>
    public sealed record Put(LeaseId Lease, int Pages, IActorRef? Owner = null) : INoSerializationVerificationNeeded;

    /// <summary>The pages are back in the pool.</summary>
    public sealed record PutDone(LeaseId Lease, int Pages) : INoSerializationVerificationNeeded;

    /// <summary>The Put changed nothing.</summary>
    public sealed record PutRefused(LeaseId Lease, string Reason) : INoSerializationVerificationNeeded;

    /// <summary>Puts a device under a name into service. The service closes it, also when it refuses; one that is in
    /// the mailbox of a supervisor that ends is the sender's (a dead letter).</summary>
    /// <param name="Name">What regions call it: 1 to 255 characters, none of them control characters, <c>@</c> or
    /// <c>,</c>.</param>
    /// <param name="Device">The open device.</param>
    /// <param name="QueueDepth">Operations in flight at once; null: <c>dmio.device-defaults.queue-depth</c>.</param>
    /// <param name="Policy">What goes first; null: <c>dmio.device-defaults.policy</c>.</param>
    public sealed record AttachDevice(
        string Name, IBlockDevice Device, QueueDepth? QueueDepth = null, SchedulingPolicy? Policy = null)
        : INoSerializationVerificationNeeded
    {
        /// <summary>Of a sender who closes the device where the supervisor does not come to it.</summary>
        internal DeviceHandover? Handover { get; init; }
    }

    /// <summary>Regions may name it from now on.</summary>
    public sealed record DeviceAttached(string Name, DeviceDescription Description)
        : INoSerializationVerificationNeeded;

    /// <summary>The device was not attached; the one given was disposed of.</summary>
    public sealed record AttachRefused(string Name, string Reason) : INoSerializationVerificationNeeded
    {
        /// <summary><see cref="IoRefusal.Stopped"/>: the service stops or has stopped; null: another cause.</summary>
        public IoRefusal? Cause { get; init; }
    }

    /// <summary>Takes a device out of service: what is in flight completes, what comes later gets
    /// DeviceGone.</summary>
    public sealed record DetachDevice(string Name) : INoSerializationVerificationNeeded;

    /// <summary>The device is closed and its name free.</summary>
    public sealed record DeviceDetached(string Name) : INoSerializationVerificationNeeded;

    /// <summary>There is no such device, or it is being detached already.</summary>
    public sealed record DetachRefused(string Name, string Reason) : INoSerializationVerificationNeeded;

    /// <summary>
    /// Puts a device whose flush failed back into service, without closing it. This gives up every write that was
    /// acknowledged and is not covered by a later successful flush: such a write may be on the disk or not, and no
    /// later flush reports it. The cache is written out and dropped first, so that reads return what the disk holds.
    /// </summary>
    /// <param name="Name">What regions call it.</param>
    public sealed record ReopenDevice(string Name) : INoSerializationVerificationNeeded;

    /// <summary>The device serves again.</summary>
    public sealed record DeviceReopened(string Name) : INoSerializationVerificationNeeded;

    /// <summary>There is no such device, it has not failed, is being detached or reopened, or it still takes no writes:
    /// then it stays failed.</summary>
    public sealed record ReopenRefused(string Name, string Reason) : INoSerializationVerificationNeeded;

    /// <summary>Asks for <see cref="DeviceList"/>.</summary>
    public sealed record GetDevices : INoSerializationVerificationNeeded
    {
        /// <summary>The only one.</summary>
        public static GetDevices Instance { get; } = new();
    }

    /// <summary>The attached devices, by name in ordinal order.</summary>
    public sealed record DeviceList(IReadOnlyList<DeviceStatus> Devices) : INoSerializationVerificationNeeded;

    /// <summary>One attached device.</summary>
    /// <param name="Name">What regions call it.</param>
    /// <param name="Description">What it is.</param>
    /// <param name="State">Whether it serves.</param>
    /// <param name="QueueDepth">Operations that may be in flight at once.</param>
    /// <param name="Policy">What goes first.</param>
    public sealed record DeviceStatus(
        string Name,
        DeviceDescription Description,
        DeviceState State,
        QueueDepth QueueDepth,
        SchedulingPolicy Policy);

    /// <summary>Asks what a device knows of a range without reading it. Not ordered with its I/O.</summary>
    /// <param name="Device">What regions call it.</param>
    /// <param name="Start">The first sector.</param>
    /// <param name="Count">How many, at least 1.</param>
    /// <param name="Max">The most extents of the answer, 1 to 65536.</param>
    public sealed record GetExtents(string Device, Sector Start, SectorCount Count, int Max)
        : INoSerializationVerificationNeeded;

    /// <summary>From <paramref name="Start"/> on, at least one; each begins where the one before ends. May end before
    /// the range does: ask on from there.</summary>
    public sealed record Extents(string Device, Sector Start, IReadOnlyList<DeviceExtent> List)
        : INoSerializationVerificationNeeded;

    /// <summary>There is no such device, the range is none of its, or it does not tell.</summary>
    public sealed record ExtentsRefused(string Device, string Reason) : INoSerializationVerificationNeeded;

    /// <summary>Asks for <see cref="PoolStatus"/>.</summary>
    public sealed record GetPoolStatus : INoSerializationVerificationNeeded
    {
        /// <summary>The only one.</summary>
        public static GetPoolStatus Instance { get; } = new();
    }

    /// <summary>Asks for <see cref="ServiceStatistics"/>.</summary>
    public sealed record GetStatistics : INoSerializationVerificationNeeded
    {
        /// <summary>The only one.</summary>
        public static GetStatistics Instance { get; } = new();
    }

    /// <summary>Pages of 4096 bytes. Invariant: <c>Free + Leased + Draining + Quarantined == Total</c>, and <c>Total
    /// &lt;= Max</c>.</summary>
    /// <param name="Total">In memory now.</param>
    /// <param name="Free">Of these, held by nobody.</param>
    /// <param name="Leased">Of these, in leases that are open, or lent to them, and bounce pages of devices.</param>
    /// <param name="Draining">Of these, in leases that ended while a device still had I/O of theirs.</param>
    /// <param name="Quarantined">Of these, in open leases, for requests that were answered at their deadline while a
    /// device still has the pages. The pool lends others in their place, as far as <paramref name="Max"/> allows; see
    /// <see cref="LeaseStatistics.Credit"/>.</param>
    /// <param name="Max"><c>dmio.pool.max-pages</c>.</param>
    /// <param name="Leases">Open leases.</param>
    /// <param name="Waiting">Gets that wait for pages.</param>
    public sealed record PoolStatus(
        int Total, int Free, int Leased, int Draining, int Quarantined, int Max, int Leases, int Waiting)
        : INoSerializationVerificationNeeded;
}

/// <summary>
/// How leases share a device that all of them want: in proportion to their weights, 1 to 10000, as Linux's io.weight.
/// </summary>
public static class LeaseWeight
{
    /// <summary>What a lease has that asks for none.</summary>
    public const int Default = 100;

    /// <summary>The largest.</summary>
    public const int Max = 10000;
}

/// <summary>Whether an attached device serves.</summary>
public enum DeviceState
{
    /// <summary>It serves.</summary>
    Online,

    /// <summary>A flush failed: until it is reopened everything is refused, except reads with
    /// <c>read-after-failure = on</c>.</summary>
    Failed,

    /// <summary>It completes what it has, for a detach.</summary>
    Detaching,
}

/// <summary>
/// Who closes a device that was sent to the supervisor: the supervisor once it has taken it, or the sender, who takes
/// it back when the supervisor has ended with the message in its mailbox. One of them, from any thread.
/// </summary>
internal sealed class DeviceHandover
{
    private int isTaken;

    /// <summary>True: it is the caller's to close.</summary>
    internal bool TryTake() => Interlocked.Exchange(ref isTaken, 1) == 0;
}

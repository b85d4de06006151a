using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// Flushes, and durable writes that were written: who waits for the next flush, and whether the device is at one.
/// </summary>
/// <remarks>
/// <para>
/// One at a time (R14): Linux reports a failed write-back to one fsync only, and of two at the same time the other
/// would say that all is well. A write with the device's own FUA counts as one. All that wait when one starts share it,
/// and it covers every write that completed before; who comes while it runs needs the next.
/// </para>
/// <para>
/// The next starts at once, also while plain writes are in flight that are going to want one: those gather meanwhile,
/// so that the load itself makes the groups, half of all writers in each where writing is fast. To wait for more
/// company could at best double that, where a flush takes much longer than a write; it would cost a lonely writer, and
/// any guess that is wrong costs everybody.
/// </para>
/// </remarks>
internal sealed class FlushCoalescer(IoQueueOptions options, DeviceDescription device)
{
    private readonly TimeSpan[] expiries = [TimeSpan.Zero, options.BestEffortExpiry, options.IdleExpiry];
    private readonly IntrusiveList<QueueEntry> waiting = new();
    private DeviceOperation? inFlight;
    private int comingCount;

    // The most urgent class of those that wait, and since when the first of them does.
    private PriorityClass urgency;
    private TimeSpan since;

    internal bool IsInFlight => inFlight is not null;

    /// <summary>Whether a flush is to go now: ahead of its class, and of all once it has waited for its class's
    /// expiry.</summary>
    /// <param name="ready">The most urgent class of all else that may go; null: there is none, or no classes.</param>
    /// <param name="now">The time.</param>
    internal bool IsNext(PriorityClass? ready, TimeSpan now) => waiting.Count > 0 && inFlight is null
        && (ready is not { } other || urgency <= other || now - since >= expiries[(int)urgency]);

    /// <summary>A flush, or a durable write that was written.</summary>
    internal void Add(QueueEntry entry, TimeSpan now)
    {
        if (waiting.Count == 0)
        {
            since = now;
            urgency = entry.Class;
        }

        urgency = entry.Class < urgency ? entry.Class : urgency;
        entry.State = EntryState.Syncing;
        waiting.AddLast(entry);
    }

    /// <summary>The first of those that wait, and it waits no more; null: there is none.</summary>
    internal QueueEntry? Take() => waiting.TakeFirst();

    /// <summary>The first of those that wait that is a write, and written; flushes before it are dropped.</summary>
    internal QueueEntry? TakeIssued()
    {
        var entry = Take();
        while (entry is { Operation: IoOperation.Flush })
        {
            entry = Take();
        }

        return entry;
    }

    /// <summary>Before it was taken.</summary>
    internal void Withdraw(QueueEntry entry) => waiting.Remove(entry);

    /// <summary>
    /// How a durable write or zeroing goes down: with the device's own FUA where it is all that syncs, or else as a
    /// plain one that shares the next flush. Both false: there is nothing to make durable.
    /// </summary>
    /// <param name="entry">The first entry of the operation.</param>
    /// <param name="othersReady">Other durable ones that may go.</param>
    internal (bool ForceUnitAccess, bool NeedsFlush) WayOf(QueueEntry entry, int othersReady)
    {
        if (!entry.ForceUnitAccess || !device.HasVolatileCache || entry.Operation == IoOperation.Discard
            || entry.Operation == IoOperation.Read)
        {
            return (false, false);
        }

        var isAlone = inFlight is null && waiting.Count == 0 && comingCount == 0 && othersReady == 0;
        var isNative = isAlone && device.HasForceUnitAccess && entry.Operation == IoOperation.Write;
        return (isNative, !isNative);
    }

    internal void Started(DeviceOperation operation)
    {
        comingCount += operation.NeedsFlush ? 1 : 0;
        if (operation.IsSync)
        {
            Invariant.Require(inFlight is null);
            inFlight = operation;
        }
    }

    internal void Ended(DeviceOperation operation)
    {
        comingCount -= operation.NeedsFlush ? 1 : 0;
        if (ReferenceEquals(inFlight, operation))
        {
            inFlight = null;
        }
    }
}

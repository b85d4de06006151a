using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// Flushes, and durable writes that are written but not flushed: those that wait for the next flush, and the flush in
/// flight.
/// </summary>
/// <remarks>
/// <para>
/// One flush at a time (R14): Linux reports a failed write-back to one fsync only, and a concurrent second one would
/// succeed. A write with the device's FUA counts as a flush. All that wait when a flush starts share it, and it covers
/// every write that completed before; a flush that arrives while it runs needs the next.
/// </para>
/// <para>
/// The next flush starts immediately, even while plain writes are in flight that will need one: those wait for the
/// flush after it, so that the load itself forms the groups, half of all writers in each if writing is fast. Waiting
/// for more writers could at best double that, if a flush takes much longer than a write; it would delay a single
/// writer, and any wrong guess delays all of them.
/// </para>
/// </remarks>
internal sealed class FlushCoalescer(IoQueueOptions options, DeviceDescription device)
{
    private readonly TimeSpan[] expiries = [TimeSpan.Zero, options.BestEffortExpiry, options.IdleExpiry];
    private readonly IntrusiveList<QueueEntry> waiting = new();
    private DispatchedOperation? inFlight;
    private int comingCount;

    // The most urgent class of the waiting entries, and the time since when the first of them waits.
    private PriorityClass urgency;
    private TimeSpan since;

    internal bool IsInFlight => inFlight is not null;

    /// <summary>True if a flush must be issued now: ahead of its class, and ahead of all entries after it has waited
    /// for its class's expiry.</summary>
    /// <param name="ready">The most urgent class of the other ready entries; null: there are none, or no
    /// classes.</param>
    /// <param name="now">The time.</param>
    internal bool IsNext(PriorityClass? ready, TimeSpan now) => waiting.Count > 0 && inFlight is null
        && (ready is not { } other || urgency <= other || now - since >= expiries[(int)urgency]);

    /// <summary>Adds a flush, or a durable write that was written.</summary>
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

    /// <summary>Removes the first waiting entry; null: there is none.</summary>
    internal QueueEntry? Take() => waiting.TakeFirst();

    /// <summary>Removes the first waiting entry that is a written write; flushes before it are dropped.</summary>
    internal QueueEntry? TakeIssued()
    {
        var entry = Take();
        while (entry is { Kind: IoOperation.Flush })
        {
            entry = Take();
        }

        return entry;
    }

    /// <summary>Removes an entry that was not taken.</summary>
    internal void Withdraw(QueueEntry entry) => waiting.Remove(entry);

    /// <summary>
    /// How a durable write or zeroing is issued: with the device's FUA if nothing else syncs, otherwise as a plain
    /// write that shares the next flush. Both false: the operation needs no durability.
    /// </summary>
    /// <param name="entry">The first entry of the operation.</param>
    /// <param name="othersReady">The number of other durable writes that are ready.</param>
    internal (bool ForceUnitAccess, bool NeedsFlush) DurabilityOf(QueueEntry entry, int othersReady)
    {
        if (!entry.ForceUnitAccess || !device.HasVolatileCache || !entry.Kind.DefinesContent())
        {
            return (false, false);
        }

        var isAlone = inFlight is null && waiting.Count == 0 && comingCount == 0 && othersReady == 0;
        var isNative = isAlone && device.HasForceUnitAccess && entry.Kind.CanForceUnitAccess();
        return (isNative, !isNative);
    }

    internal void Started(DispatchedOperation operation)
    {
        comingCount += operation.NeedsFlush ? 1 : 0;
        if (operation.IsSync)
        {
            Invariant.Require(inFlight is null);
            inFlight = operation;
        }
    }

    internal void Ended(DispatchedOperation operation)
    {
        comingCount -= operation.NeedsFlush ? 1 : 0;
        if (ReferenceEquals(inFlight, operation))
        {
            inFlight = null;
        }
    }
}

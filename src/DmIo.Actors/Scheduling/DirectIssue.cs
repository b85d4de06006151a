using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// The short way through the queue of a device that is served inline: what comes while nothing else is there, of one
/// lease and one class, goes in the order in which it came, one at a time, and meets nobody; so it needs no place in
/// the <see cref="ConflictMap"/> and none in the <see cref="ReadySet"/>. The moment that anything else is there, or the
/// one that went is still under way, all of it takes the usual places, in the same order.
/// </summary>
internal sealed class DirectIssue(IoQueueOptions options, DeviceDescription device)
{
    private readonly bool isOpen = device.Mode == ServiceMode.Inline && !options.Depth.IsAdaptive
        && options.Policy != SchedulingPolicy.Deadline;

    private readonly IntrusiveList<QueueEntry> line = new();

    /// <summary>How many wait here.</summary>
    internal int Count => line.Count;

    /// <summary>The one that went and has not ended, as far as it has no place elsewhere.</summary>
    internal QueueEntry? UnderWay { get; set; }

    /// <summary>Takes it in, behind all that wait here. False: it is not like those, or not for this way.</summary>
    internal bool TryAdd(QueueEntry entry)
    {
        if (!isOpen || entry.ForceUnitAccess || entry.Operation == IoOperation.Flush
            || (line.First is { } first && (first.Lease != entry.Lease || first.Class != entry.Class)))
        {
            return false;
        }

        entry.State = EntryState.Passing;
        line.AddLast(entry);
        return true;
    }

    /// <summary>The first, which leaves; null: there is none.</summary>
    internal QueueEntry? Take() => line.TakeFirst();

    /// <summary>It was withdrawn.</summary>
    internal void Remove(QueueEntry entry) => line.Remove(entry);
}

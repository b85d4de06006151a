using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// Finds entries to merge with an entry that is about to be dispatched: adjacent reads or writes on either side that
/// are ready, have the same class and durability, and preserve no edges. Examines only neighbors in the
/// <see cref="ConflictMap"/>, in O(1) each; never waits for entries to arrive. Invariants: a merged operation is within
/// the device's limits of one transfer and within <see cref="MaxBytes"/>, unless a single entry exceeds them.
/// </summary>
/// <remarks>Two ready entries conflict with no earlier entry, so no merge crosses a conflict.</remarks>
internal sealed class Merging
{
    /// <summary>Approximately Linux's default limit: larger merges gain little, and delay later operations.</summary>
    internal const long MaxBytes = 1 << 20;

    /// <summary>The limit of readers of a neighboring node that are examined.</summary>
    private const int MaxReaders = 8;

    private readonly bool isOff;
    private readonly long maxSectors;
    private readonly int maxSegments;
    private QueueEntry? chosen;
    private long sectors;
    private int segments;

    internal Merging(DeviceDescription device)
    {
        isOff = device.Mode == ServiceMode.Inline;
        maxSectors = Math.Min(device.MaxTransfer.Bytes, MaxBytes) / Sector.SizeBytes;
        maxSegments = device.MaxSegments;
    }

    /// <summary>Starts with an entry that is about to be dispatched. False: it cannot be merged.</summary>
    internal bool Begin(QueueEntry entry)
    {
        chosen = entry;
        sectors = entry.Count.Value;
        segments = -1;
        return !isOff && entry.Io!.Edges.IsNone && sectors < maxSectors
            && entry.Kind.CanMerge();
    }

    /// <summary>Takes an entry that ends where the first entry of the operation begins.</summary>
    internal QueueEntry? Before(QueueEntry first)
    {
        var node = first.FirstUser!.Node!;
        return node.Start == first.Start && node.Previous is { } previous && previous.End == node.Start
            ? Find(previous, at: first.Start, isBefore: true)
            : null;
    }

    /// <summary>Takes an entry that begins where the last entry of the operation ends.</summary>
    internal QueueEntry? After(QueueEntry last)
    {
        var node = last.LastUser!.Node!;
        return node.End == last.End && node.Next is { } next && next.Start == node.End
            ? Find(next, at: last.End, isBefore: false)
            : null;
    }

    private QueueEntry? Find(IntervalNode neighbor, long at, bool isBefore)
    {
        if (neighbor.Changer?.Entry is { } changer)
        {
            return Fits(changer, at, isBefore) ? changer : null;
        }

        var reader = neighbor.FirstReader;
        for (var looked = 0; reader is not null && looked < MaxReaders; looked++, reader = reader.NextReader)
        {
            if (Fits(reader.Entry!, at, isBefore))
            {
                return reader.Entry;
            }
        }

        return null;
    }

    private bool Fits(QueueEntry entry, long at, bool isBefore)
    {
        if (entry.State != EntryState.Ready || (isBefore ? entry.End : entry.Start) != at
            || entry.Kind != chosen!.Kind || entry.Class != chosen.Class
            || entry.ForceUnitAccess != chosen.ForceUnitAccess || entry.Count.Value > maxSectors - sectors
            || entry.Io!.Operation.NoExtend != chosen.Io!.Operation.NoExtend
            || !entry.Io.Edges.IsNone)
        {
            return false;
        }

        segments = segments < 0 ? SegmentsOf(chosen) : segments;
        var more = SegmentsOf(entry);
        if (more > maxSegments - segments)
        {
            return false;
        }

        segments += more;
        sectors += entry.Count.Value;
        return true;
    }

    /// <summary>The number of segments that hold the entry's sectors. If a memory type of the caller throws, the result
    /// exceeds the limit of any device.</summary>
    private static int SegmentsOf(QueueEntry entry)
    {
        try
        {
            return entry.Io!.Memory switch
            {
                null => 0,
                { SegmentCount: 1 } => 1,
                { } memory => memory.Locate(entry.Count.Bytes - 1).Index + 1,
            };
        }
        catch (Exception)
        {
            // The I/O fails alone when it is transferred, and affects no other I/O.
            return int.MaxValue;
        }
    }
}

using DmIo.Devices;
using DmIo.Io;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// Finds what may go down together with an entry that is about to: reads or writes that continue it on either side,
/// may go too, are of its class, are to be as durable as it, and have no edges to keep. Looks at neighbours in the
/// <see cref="ConflictMap"/> only, in O(1) each; never waits for any to come. Invariants: the device's limits on one
/// transfer are kept, and <see cref="MostBytes"/>, as long as one entry alone keeps them.
/// </summary>
/// <remarks>Two that may both go conflict with nothing earlier, so no merge crosses a conflict.</remarks>
internal sealed class Merging
{
    /// <summary>What Linux merges up to by default, about: more at a time gains little, and holds up who comes
    /// next.</summary>
    internal const long MostBytes = 1 << 20;

    /// <summary>How many readers of a neighbouring node are looked at.</summary>
    private const int MostReaders = 8;

    private readonly bool isOff;
    private readonly long mostSectors;
    private readonly int mostSegments;
    private QueueEntry? chosen;
    private long sectors;
    private int segments;

    internal Merging(DeviceDescription device)
    {
        isOff = device.Mode == ServiceMode.Inline;
        mostSectors = Math.Min(device.MaxTransfer.Bytes, MostBytes) / Sector.SizeBytes;
        mostSegments = device.MaxSegments;
    }

    /// <summary>Starts with an entry that is about to go. False: it goes alone.</summary>
    internal bool Begin(QueueEntry entry)
    {
        chosen = entry;
        sectors = entry.Count.Value;
        segments = -1;
        return !isOff && entry.Io!.Edges.IsNone && sectors < mostSectors
            && entry.Operation is IoOperation.Read or IoOperation.Write;
    }

    /// <summary>One that ends where the first of those that go begins; it counts as taken.</summary>
    internal QueueEntry? Before(QueueEntry first)
    {
        var node = first.FirstUser!.Node!;
        return node.Start == first.Start && node.Previous is { } previous && previous.End == node.Start
            ? Find(previous, at: first.Start, isBefore: true)
            : null;
    }

    /// <summary>One that begins where the last of those that go ends; it counts as taken.</summary>
    internal QueueEntry? After(QueueEntry last)
    {
        var node = last.LastUser!.Node!;
        return node.End == last.End && node.Next is { } next && next.Start == node.End
            ? Find(next, at: last.End, isBefore: false)
            : null;
    }

    private QueueEntry? Find(IntervalNode neighbour, long at, bool isBefore)
    {
        if (neighbour.Changer?.Entry is { } changer)
        {
            return Fits(changer, at, isBefore) ? changer : null;
        }

        var reader = neighbour.FirstReader;
        for (var looked = 0; reader is not null && looked < MostReaders; looked++, reader = reader.NextReader)
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
            || entry.Operation != chosen!.Operation || entry.Class != chosen.Class
            || entry.ForceUnitAccess != chosen.ForceUnitAccess || entry.Count.Value > mostSectors - sectors
            || !entry.Io!.Edges.IsNone)
        {
            return false;
        }

        segments = segments < 0 ? SegmentsOf(chosen) : segments;
        var more = SegmentsOf(entry);
        if (more > mostSegments - segments)
        {
            return false;
        }

        segments += more;
        sectors += entry.Count.Value;
        return true;
    }

    /// <summary>How many segments its sectors lie in. More than any device takes where memory of a caller's own
    /// making does not say.</summary>
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
            // It will fail alone, when it is transferred, and harm nobody else's I/O.
            return int.MaxValue;
        }
    }
}

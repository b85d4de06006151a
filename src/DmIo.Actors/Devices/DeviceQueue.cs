using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using DmIo.Io;

namespace DmIo.Actors;

/// <summary>
/// The order of one device's operations (R20). Two conflict when they have sectors in common and one of them changes
/// these, or when both flush. Of two that conflict the later waits until the earlier has completed; all others run
/// together, up to the queue depth, the earliest first. Plain, single owner.
/// </summary>
/// <remarks>
/// A flush covers what completed before it was issued, so it waits for no write. But a flush waits for a flush, and so
/// does a durable write: Linux reports a failed write-back to one fsync only, and of two at the same time the other
/// would say that all is well. An operation knows how many earlier ones it conflicts with; at 0 it is ready. Adding
/// and completing look at every operation once.
/// </remarks>
internal sealed class DeviceQueue
{
    private readonly List<Entry> entries = [];
    private readonly int depth;

    /// <param name="depth">How many may be in flight at once; at least 1.</param>
    internal DeviceQueue(int depth)
    {
        Invariant.Require(depth >= 1);
        this.depth = depth;
    }

    /// <summary>Taken and not completed.</summary>
    internal int InFlight { get; private set; }

    /// <summary>Added and not taken.</summary>
    internal int Waiting => entries.Count - InFlight;

    /// <summary>Neither waiting nor in flight.</summary>
    internal bool IsEmpty => entries.Count == 0;

    /// <summary>Puts it behind all earlier ones that it conflicts with.</summary>
    internal void Add(DeviceIo io)
    {
        var blockers = 0;
        foreach (ref readonly var earlier in CollectionsMarshal.AsSpan(entries))
        {
            blockers += Conflict(earlier.Io, io) ? 1 : 0;
        }

        entries.Add(new Entry(io, blockers));
    }

    /// <summary>The earliest that may run now, if the depth allows any. It is in flight until
    /// <see cref="Completed"/>.</summary>
    internal bool TryTakeNext([MaybeNullWhen(false)] out DeviceIo io)
    {
        if (InFlight < depth && Waiting > 0)
        {
            foreach (ref var entry in CollectionsMarshal.AsSpan(entries))
            {
                if (!entry.IsTaken && entry.Blockers == 0)
                {
                    entry.IsTaken = true;
                    InFlight++;
                    io = entry.Io;
                    return true;
                }
            }
        }

        io = null;
        return false;
    }

    /// <summary>Ends one that was taken; what waited for it may go.</summary>
    internal void Completed(DeviceIo io)
    {
        var index = IndexOf(io);
        Invariant.Require(index >= 0 && entries[index].IsTaken);
        InFlight--;
        Remove(index);
    }

    /// <summary>Drops one that was not taken; what waited for it may go. False: it was taken, or is not
    /// here.</summary>
    internal bool Withdraw(DeviceIo io)
    {
        var index = IndexOf(io);
        if (index < 0 || entries[index].IsTaken)
        {
            return false;
        }

        Remove(index);
        return true;
    }

    internal static bool Conflict(DeviceIo earlier, DeviceIo later)
    {
        if (Flushes(earlier) && Flushes(later))
        {
            return true;
        }

        return (Changes(earlier) || Changes(later))
            && earlier.Operation != IoOperation.Flush && later.Operation != IoOperation.Flush
            && earlier.Region.OverlapsOnDevice(later.Region);
    }

    private static bool Flushes(DeviceIo io) => io.Operation == IoOperation.Flush || io.ForceUnitAccess;

    private static bool Changes(DeviceIo io) => io.Operation is not (IoOperation.Read or IoOperation.Flush);

    private int IndexOf(DeviceIo io)
    {
        var span = CollectionsMarshal.AsSpan(entries);
        for (var index = 0; index < span.Length; index++)
        {
            if (ReferenceEquals(span[index].Io, io))
            {
                return index;
            }
        }

        return -1;
    }

    private void Remove(int index)
    {
        var io = entries[index].Io;
        entries.RemoveAt(index);
        foreach (ref var later in CollectionsMarshal.AsSpan(entries)[index..])
        {
            later.Blockers -= Conflict(io, later.Io) ? 1 : 0;
        }
    }

    /// <summary>In arrival order. Blockers: earlier ones in the list that this one conflicts with.</summary>
    private struct Entry(DeviceIo io, int blockers)
    {
        internal readonly DeviceIo Io = io;
        internal int Blockers = blockers;
        internal bool IsTaken;
    }
}

using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// The queue's knowledge of one I/O. Pooled by the queue; its <see cref="TreeNode.Tie"/> is its number in the order of
/// arrival.
/// <code>
///   Blocked --last blocker gone--> Ready --taken--> Taken --Completed--> out
///                                                    | ^ +--Written--> Syncing --taken--> Taken
///   a flush: Syncing --taken--> Taken       Retry    v |
///                                                  Retrying
///   into an empty queue: Passing --taken--> Taken, or --others come--> Ready, Blocked
/// </code>
/// Withdrawn: out of any state in which it was never taken.
/// </summary>
internal sealed class QueueEntry : TreeNode, IHeapItem<QueueEntry>
{
    public QueueEntry() => Under = new Layer(this);

    internal IQueuedIo? Io { get; private set; }

    internal IoOperation Operation { get; private set; }

    /// <summary>The first sector, and the one behind the last. Both 0 for a flush.</summary>
    internal long Start => Key;

    internal long End { get; private set; }

    internal SectorCount Count => new(End - Start);

    internal bool ForceUnitAccess { get; private set; }

    internal LeaseId Lease { get; private set; }

    internal int Weight { get; private set; }

    internal TimeSpan Arrival { get; private set; }

    /// <summary>Its class, or that of one that waits for it, if that is more urgent.</summary>
    internal PriorityClass Class { get; set; }

    internal EntryState State { get; set; }

    /// <summary>Changes sectors. False for reads, and flushes.</summary>
    internal bool IsChange => Operation is not (IoOperation.Read or IoOperation.Flush);

    /// <summary>Of a change: what it waits for.</summary>
    internal Layer Under { get; }

    /// <summary>Of a read: pieces of it that somebody is to change before.</summary>
    internal int Blockers { get; set; }

    internal bool IsBlocked => Blockers > 0 || Under.First is not null;

    internal Claim? FirstClaim { get; private set; }

    internal Claim? LastClaim { get; private set; }

    public int HeapIndex { get; set; }

    internal Flow? Flow { get; set; }

    /// <summary>In an <see cref="EntryLine"/>.</summary>
    internal QueueEntry? Previous { get; set; }

    internal QueueEntry? Next { get; set; }

    public bool ComesBefore(QueueEntry other) => Tie < other.Tie;

    internal void Begin(IQueuedIo io, long number, TimeSpan now)
    {
        Io = io;
        io.Entry = this;
        Tie = number;
        Operation = io.Operation;
        if (Operation == IoOperation.Flush)
        {
            (Key, End) = (0, 0);
        }
        else
        {
            var (start, count) = (io.Region.Start.Value, io.Region.Count.Value);
            Invariant.Require(start >= 0 && count > 0 && start <= long.MaxValue - count);
            (Key, End) = (start, start + count);
        }

        ForceUnitAccess = io.ForceUnitAccess;
        Lease = io.Lease;
        Weight = Math.Clamp(io.Weight, 1, 10_000);
        Class = PriorityClasses.Of(io.Priority);
        Arrival = now;
        State = EntryState.Blocked;
    }

    /// <summary>It was taken: from now on its owner may do with the I/O what it likes, at any time.</summary>
    internal void LetGo() => Io!.Entry = null;

    internal void Finish()
    {
        Invariant.Require(FirstClaim is null && Under.First is null && Blockers == 0 && Flow is null);
        Io = null;
    }

    /// <summary>Puts a claim behind another of its own; null: behind the last.</summary>
    internal void AddClaim(Claim claim, Claim? behind)
    {
        behind ??= LastClaim;
        claim.Entry = this;
        claim.PreviousOfEntry = behind;
        claim.NextOfEntry = behind?.NextOfEntry;
        if (behind is null)
        {
            FirstClaim = claim;
        }
        else
        {
            behind.NextOfEntry = claim;
        }

        if (claim.NextOfEntry is null)
        {
            LastClaim = claim;
        }
        else
        {
            claim.NextOfEntry.PreviousOfEntry = claim;
        }
    }

    internal void RemoveClaim(Claim claim)
    {
        if (claim.PreviousOfEntry is null)
        {
            FirstClaim = claim.NextOfEntry;
        }
        else
        {
            claim.PreviousOfEntry.NextOfEntry = claim.NextOfEntry;
        }

        if (claim.NextOfEntry is null)
        {
            LastClaim = claim.PreviousOfEntry;
        }
        else
        {
            claim.NextOfEntry.PreviousOfEntry = claim.PreviousOfEntry;
        }

        claim.PreviousOfEntry = claim.NextOfEntry = null;
        claim.Entry = null;
        claim.Piece = null;
    }
}

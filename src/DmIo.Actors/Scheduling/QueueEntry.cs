using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;

namespace DmIo.Actors.Scheduling;

/// <summary>
/// The state of one I/O in the queue. Pooled by the queue; its <see cref="TreeNode.Tiebreaker"/> is its arrival number.
/// <code>
///   Blocked --last blocker gone--> Ready --taken--> Taken --Completed--> out
///                                                    | ^ +--Written--> Syncing --taken--> Taken
///   a flush: Syncing --taken--> Taken       Retry    v |
///                                                  Retrying
/// </code>
/// An I/O can be withdrawn in any state in which it was never taken.
/// </summary>
internal sealed class QueueEntry : TreeNode, IHeapItem<QueueEntry>, ILinked<QueueEntry>
{
    private readonly IntrusiveList<IntervalUser> users = new();

    public QueueEntry() => Under = new IntervalLevel(this);

    internal IQueuedIo? Io { get; private set; }

    internal IoOperation Kind { get; private set; }

    /// <summary>The first sector. Both this and the end are 0 for a flush.</summary>
    internal long Start => Key;

    internal long End { get; private set; }

    internal SectorCount Count => new(End - Start);

    internal bool ForceUnitAccess { get; private set; }

    internal LeaseId Lease { get; private set; }

    internal int Weight { get; private set; }

    internal TimeSpan Arrival { get; private set; }

    /// <summary>Its class, or the more urgent class of an I/O that waits for it.</summary>
    internal PriorityClass Class { get; set; }

    internal EntryState State { get; set; }

    /// <summary>Changes sectors. False for reads, and flushes.</summary>
    internal bool IsChange => Kind.ChangesSectors();

    /// <summary>For a change: the nodes that it waits for.</summary>
    internal IntervalLevel Under { get; }

    /// <summary>For a read: the number of its nodes with an earlier change.</summary>
    internal int Blockers { get; set; }

    internal bool IsBlocked => Blockers > 0 || Under.First is not null;

    internal IntervalUser? FirstUser => users.First;

    internal IntervalUser? LastUser => users.Last;

    public int HeapIndex { get; set; }

    internal Flow? Flow { get; set; }

    public QueueEntry? Previous { get; set; }

    public QueueEntry? Next { get; set; }

    public bool ComesBefore(QueueEntry other) => Tiebreaker < other.Tiebreaker;

    internal void Begin(IQueuedIo io, long number, TimeSpan now)
    {
        Io = io;
        io.Entry = this;
        Tiebreaker = number;
        ref readonly var operation = ref io.Operation;
        Kind = operation.Kind;
        var (start, count) = (operation.Start.Value, operation.Count.Value);
        Invariant.Require(start >= 0 && count > 0 == Kind.HasRange() && start <= long.MaxValue - count);
        (Key, End) = (start, start + count);
        ForceUnitAccess = operation.ForceUnitAccess;
        Lease = io.Lease;
        Weight = Math.Clamp(io.Weight, 1, 10_000);
        Class = PriorityClasses.Of(io.Priority);
        Arrival = now;
        State = EntryState.Blocked;
    }

    /// <summary>Detaches the entry from its I/O: from now on the owner of the I/O may reuse it at any time.</summary>
    internal void Detach() => Io!.Entry = null;

    internal void Finish()
    {
        Invariant.Require(FirstUser is null && Under.First is null && Blockers == 0 && Flow is null);
        Io = null;
    }

    /// <summary>Inserts a user after another user of this entry; null: at the end.</summary>
    internal void AddUser(IntervalUser user, IntervalUser? behind)
    {
        users.InsertAfter(user, behind ?? users.Last);
        user.Entry = this;
    }

    internal void RemoveUser(IntervalUser user)
    {
        users.Remove(user);
        user.Entry = null;
        user.Node = null;
    }
}

/// <summary>The state of an I/O in the queue; see <see cref="QueueEntry"/>.</summary>
internal enum EntryState
{
    /// <summary>Waits for earlier I/Os that conflict with it.</summary>
    Blocked,

    /// <summary>May be taken.</summary>
    Ready,

    /// <summary>In a device operation.</summary>
    Taken,

    /// <summary>Waits to be taken again, without merging.</summary>
    Retrying,

    /// <summary>A flush, or a durable write that was written: waits for the next flush.</summary>
    Syncing,
}

/// <summary>
/// One I/O in an <see cref="IoQueue"/>. Its properties do not change while it is in a queue, except
/// <see cref="Entry"/>.
/// </summary>
internal interface IQueuedIo
{
    /// <summary>The operation, without its data.</summary>
    ref readonly DeviceOperation Operation { get; }

    /// <summary>Null if the operation transfers no data.</summary>
    IoMemory? Memory { get; }

    WriteEdges Edges { get; }

    LeaseId Lease { get; }

    /// <summary>The lease's weight, 1 to 10000 (Linux: io.weight); the default is 100.</summary>
    int Weight { get; }

    IoPriority Priority { get; }

    /// <summary>Until this task ends, the device may access the memory, also after its answer; null: it does
    /// not.</summary>
    Task? Held { get; set; }

    /// <summary>See <see cref="TransferResult.Detail"/>; null: nothing.</summary>
    object? Detail { get; set; }

    /// <summary>Its entry in the queue; only the queue uses it.</summary>
    QueueEntry? Entry { get; set; }

    /// <summary>Users the I/O for the device. False: it was withdrawn, and the queue drops it.</summary>
    bool TryIssue();
}
